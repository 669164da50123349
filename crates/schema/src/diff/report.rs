//! A change as it is told: to people as a few lines, to programs as one JSON object.

use std::fmt;

use serde::Serialize;

use super::{Change, Effect, Span, Surface, SurfaceEffect, Use, Verdict};

/// What writes the fixes.
pub const FIX_COMMAND: &str = "judi schema diff --fix";

/// How wide the words before a text are.
const LABEL_WIDTH: usize = 20;

/// The most uses that are told of one change to people; programs get all.
const USES_TOLD_MAX: usize = 20;

/// A change, with what the project says about it.
#[derive(Debug, Clone)]
pub struct Told<'a> {
    /// The change.
    pub change: &'a Change,
    /// The places that name what it touches.
    pub uses: Vec<&'a Use>,
    /// Its fix as a unified diff, where a program can write it.
    pub patch: Option<String>,
    /// What a shadow replay says of the events that it touches, where there was one.
    pub replays: Vec<Replay>,
}

/// How recent events of one name would fare.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Replay {
    /// The event's name.
    pub event: String,
    /// Recent events that were judged.
    pub judged: u64,
    /// Those that fitted when they came, and would not.
    pub failing: u64,
    /// Why the first of them would not.
    pub first: Option<String>,
}

/// The JSON form: the names and order of the members are a contract.
#[derive(Serialize)]
struct Json<'a> {
    #[serde(flatten)]
    span: &'a Span,
    change: &'static str,
    verdict: Verdict,
    message: String,
    events: Vec<&'a str>,
    columns: Vec<String>,
    surfaces: &'a [SurfaceEffect],
    needs_shadow_replay: bool,
    shadow_replay: &'a [Replay],
    uses: &'a [&'a Use],
    fix: Option<JsonFix<'a>>,
}

#[derive(Serialize)]
struct JsonFix<'a> {
    text: &'a str,
    command: Option<&'static str>,
    patch: Option<&'a str>,
}

impl Told<'_> {
    /// One JSON object, without a line end.
    #[must_use]
    pub fn json(&self) -> String {
        let change = self.change;
        let mut events: Vec<&str> = change.affected.iter().map(|it| it.event.as_str()).collect();
        events.dedup();
        let fix = change.fix.as_ref().map(|fix| JsonFix {
            text: &fix.text,
            command: fix.is_automatic().then_some(FIX_COMMAND),
            patch: self.patch.as_deref(),
        });
        let json = Json {
            span: &change.span,
            change: change.kind.id(),
            verdict: change.verdict,
            message: change.sentence(),
            events,
            columns: self.columns(),
            surfaces: &change.surfaces,
            needs_shadow_replay: change.needs_shadow_replay(),
            shadow_replay: &self.replays,
            uses: &self.uses,
            fix,
        };
        // Texts and numbers always serialise.
        serde_json::to_string(&json).unwrap_or_default()
    }

    /// The columns that are touched, as people name them: the view, then the column.
    fn columns(&self) -> Vec<String> {
        let name = |it: &super::Affected| match it.names.as_slice() {
            [] => it.event.clone(),
            names => format!("{}.{}", it.event, names.join(".")),
        };
        self.change.affected.iter().map(name).collect()
    }
}

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let change = self.change;
        let Span { path, start_line, start_column, .. } = &change.span;
        writeln!(f, "{:<8} {path}:{start_line}:{start_column} {}", change.verdict, change.kind.id())?;
        writeln!(f, "  {}", change.sentence())?;
        for (surfaces, effect, text) in grouped(&change.surfaces) {
            line(f, &surfaces.join(" "), &format!("{effect}: {text}"))?;
        }
        let columns = self.columns();
        if !columns.is_empty() {
            line(f, "touches", &columns.join(", "))?;
        }
        if change.needs_shadow_replay() && self.replays.is_empty() {
            line(f, "shadow replay", "no recent events here: how many it would hit is not known")?;
        }
        for Replay { event, judged, failing, first } in &self.replays {
            let why = first.as_ref().map(|first| format!(": {first}")).unwrap_or_default();
            line(f, "shadow replay", &format!("{failing} of {judged} recent {event} would be refused{why}"))?;
        }
        for it in self.uses.iter().take(USES_TOLD_MAX) {
            line(f, "used by", &used(it))?;
        }
        let more = self.uses.len().saturating_sub(USES_TOLD_MAX);
        if more > 0 {
            line(f, "used by", &format!("and {more} more places"))?;
        }
        let Some(fix) = &change.fix else { return Ok(()) };
        let command = if fix.is_automatic() { format!(" ({FIX_COMMAND})") } else { String::new() };
        line(f, "fix", &format!("{}{command}", fix.text))?;
        for patched in self.patch.iter().flat_map(|patch| patch.lines()) {
            writeln!(f, "      {patched}")?;
        }
        Ok(())
    }
}

fn line(f: &mut fmt::Formatter<'_>, label: &str, text: &str) -> fmt::Result {
    writeln!(f, "  {label:<LABEL_WIDTH$} {text}")
}

/// The effects that are felt, those with the same words together.
fn grouped(effects: &[SurfaceEffect]) -> Vec<(Vec<&'static str>, &'static str, &str)> {
    let mut groups: Vec<(Vec<&str>, &str, &str)> = Vec::new();
    for it in effects.iter().filter(|it| it.effect != Effect::Same) {
        let (surface, effect) = (surface_text(it.surface), effect_text(it.effect));
        match groups.last_mut() {
            Some((surfaces, known, text)) if *known == effect && *text == it.text => surfaces.push(surface),
            _ => groups.push((vec![surface], effect, &it.text)),
        }
    }
    groups
}

fn used(it: &Use) -> String {
    let kind = it.kind.noun();
    let dot = if it.column_name.is_empty() { "" } else { "." };
    let star = if it.by_star { " by *" } else { "" };
    format!("{kind} {} at {}:{}:{} ({}{dot}{}{star})", it.name, it.file, it.line, it.column, it.view, it.column_name)
}

const fn surface_text(surface: Surface) -> &'static str {
    match surface {
        Surface::Wire => "wire",
        Surface::Json => "json",
        Surface::Js => "js",
        Surface::Go => "go",
        Surface::Java => "java",
        Surface::Swift => "swift",
        Surface::Column => "column",
        Surface::Sql => "sql",
    }
}

const fn effect_text(effect: Effect) -> &'static str {
    match effect {
        Effect::Same => "same",
        Effect::Grows => "grows",
        Effect::Changes => "changes",
        Effect::Breaks => "breaks",
    }
}
