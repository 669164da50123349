//! The names that simulated readers use, read from `scenario.toml`: no event is named in code.

use serde::Deserialize;

const SCENARIO: &str = include_str!("../scenario.toml");

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scenario {
    pub(crate) events: EventNames,
    pub(crate) experiment: Experiment,
    pub(crate) apps: Vec<App>,
    pub(crate) platforms: Vec<Platform>,
    pub(crate) bot: Bot,
    pub(crate) faults: Faults,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventNames {
    pub(crate) page: String,
    pub(crate) article: String,
    pub(crate) click: String,
    pub(crate) scroll: String,
    pub(crate) share: String,
    pub(crate) video_start: String,
    pub(crate) video_progress: String,
    pub(crate) video_end: String,
    pub(crate) exposure: String,
    pub(crate) misspelt: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Experiment {
    pub(crate) id: String,
    pub(crate) variants: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct App {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) weight: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Platform {
    pub(crate) name: String,
    pub(crate) os: String,
    pub(crate) device: String,
    pub(crate) agent: String,
    pub(crate) weight: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bot {
    pub(crate) agent: String,
    pub(crate) per_mille: u32,
}

/// Of ten thousand events.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Faults {
    pub(crate) twice: u32,
    pub(crate) late: u32,
    pub(crate) broken: u32,
}

impl Scenario {
    /// The scenario that is compiled in.
    ///
    /// # Errors
    /// When `scenario.toml` is not well formed, which a test rules out.
    pub(crate) fn load() -> Result<Self, toml::de::Error> {
        toml::from_str(SCENARIO)
    }
}

/// One of `items`, each as likely as its weight.
pub(crate) fn weighted<'a, T>(rng: &mut fastrand::Rng, items: &'a [T], weight: impl Fn(&T) -> u32) -> Option<&'a T> {
    let total: u32 = items.iter().map(&weight).sum();
    let mut left = rng.u32(0..total.max(1));
    for item in items {
        match left.checked_sub(weight(item)) {
            Some(rest) => left = rest,
            None => return Some(item),
        }
    }
    items.last()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scenario_is_well_formed_and_weights_are_kept() {
        let scenario = Scenario::load().unwrap();
        let mut rng = fastrand::Rng::with_seed(1);
        let web = (0..10_000)
            .filter(|_| weighted(&mut rng, &scenario.platforms, |p| p.weight).unwrap().name == "web")
            .count();
        assert!((4_000..4_400).contains(&web), "{web} of 10000 are 42 in 100");
    }
}
