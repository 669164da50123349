//! `/loss`: events that installs numbered and nobody received, by day and by release.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use judi_engine::LOSS_DAYS;
use maud::{Markup, html};

use crate::figures::{self, LossDay, LossRelease};
use crate::format::{counted, long_day, number};
use crate::layout;
use crate::presenter::{AskError, Presenter};
use crate::questions::{self, LOSS_RELEASES};

/// The page.
pub(crate) async fn loss(State(presenter): State<Arc<Presenter>>) -> Response {
    match load(&presenter).await {
        Ok((days, releases)) => layout::page("Loss", "/loss", &content(&days, &releases)).into_response(),
        Err(error) => layout::failed("/loss", &error),
    }
}

async fn load(presenter: &Presenter) -> Result<(Vec<LossDay>, Vec<LossRelease>), AskError> {
    let (question, parameters) = questions::loss_days();
    let days = figures::loss_days(&presenter.ask(question, &parameters).await?);
    let (question, parameters) = questions::loss_releases();
    let releases = figures::loss_releases(&presenter.ask(question, &parameters).await?);
    Ok((days, releases))
}

fn content(days: &[LossDay], releases: &[LossRelease]) -> Markup {
    let events: i64 = days.iter().map(|day| day.events).sum();
    let lost: i64 = days.iter().map(|day| day.lost).sum();
    html! {
        h1 { "Loss" }
        @if events == 0 {
            p.lead { "No install numbers its events yet: what is lost on the way cannot be counted." }
            p.note { "Judi's SDKs number every event of an install. Others give " code { "sequence" } " in the event: it counts up by one." }
        } @else {
            p.lead { (sentence(events, lost)) }
            p.note { "Counted from the gaps in each install's numbers over the last " (LOSS_DAYS) " days. A gap closes when its events come late; what is refused for its size stays one. In SQL: " code { "SELECT * FROM _judi.loss" } "." }
            section aria-labelledby="releases" {
                h2 id="releases" { "By release" }
                p.note { "A gap is put to the account of the release that sent the next event." }
                (releases_table(releases))
                @if releases.len() >= LOSS_RELEASES { p.note { "The " (LOSS_RELEASES) " that lose most." } }
            }
            section aria-labelledby="days" {
                h2 id="days" { "By day of receipt" }
                (days_table(days))
            }
        }
    }
}

fn sentence(events: i64, lost: i64) -> String {
    if lost == 0 {
        return format!("Nothing is missing among {}.", counted(events, "numbered event", "numbered events"));
    }
    let all = events.saturating_add(lost);
    format!(
        "{} of {} that installs numbered never came: {}.",
        number(lost),
        counted(all, "event", "events"),
        share_text(lost, all)
    )
}

/// A share in percent with one digit after the point: losses are small, and a tenth of them is a decision.
fn share_text(lost: i64, all: i64) -> String {
    match (lost.saturating_mul(1_000) + all / 2).checked_div(all).unwrap_or(0) {
        0 if lost > 0 => "under 0.1 %".to_owned(),
        mille => format!("{}.{} %", mille / 10, mille % 10),
    }
}

/// The share as a bar beside its number: long bars are found before numbers are read.
fn share(lost: i64, events: i64) -> Markup {
    let all = lost.saturating_add(events).max(1);
    // Per mille of a bar that is full at ten percent: nobody loses more and looks at bars.
    let width = lost.saturating_mul(1_000).saturating_div(all).min(100);
    html! {
        (share_text(lost, all))
        svg.share viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true" { rect width=(width) height="4" {} }
    }
}

fn releases_table(releases: &[LossRelease]) -> Markup {
    html! {
        table {
            thead { tr {
                th scope="col" { "Release" } th scope="col" { "SDK" }
                th.number scope="col" { "Events" } th.number scope="col" { "Lost" } th.number scope="col" { "Share" }
            } }
            tbody { @for release in releases {
                tr {
                    th scope="row" dir="auto" { (named(&[&release.app, &release.app_version, &release.platform])) }
                    td dir="auto" { (named(&[&release.sdk, &release.sdk_version])) }
                    td.number { (number(release.events)) }
                    td.number { (number(release.lost)) }
                    td.number { (share(release.lost, release.events)) }
                }
            } }
        }
    }
}

fn days_table(days: &[LossDay]) -> Markup {
    html! {
        table {
            thead { tr {
                th scope="col" { "Day" } th.number scope="col" { "Events" } th.number scope="col" { "Lost" } th.number scope="col" { "Share" }
            } }
            tbody { @for day in days {
                tr {
                    th scope="row" { (long_day(day.day)) }
                    td.number { (number(day.events)) }
                    td.number { (number(day.lost)) }
                    td.number { (share(day.lost, day.events)) }
                }
            } }
        }
    }
}

/// What is known of the parts, side by side.
fn named(parts: &[&str]) -> String {
    let known: Vec<&str> = parts.iter().copied().filter(|part| !part.is_empty()).collect();
    if known.is_empty() { "not said".to_owned() } else { known.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lost_is_a_share_of_what_was_sent() {
        assert_eq!(sentence(990, 10), "10 of 1,000 events that installs numbered never came: 1.0 %.");
        assert_eq!(share_text(1, 1_000_000), "under 0.1 %");
        assert_eq!(share_text(0, 0), "0.0 %");
        assert_eq!(sentence(1, 0), "Nothing is missing among 1 numbered event.");
    }

    #[test]
    fn no_numbered_event_is_no_loss_of_none() {
        assert!(content(&[], &[]).into_string().contains("cannot be counted"));
        let day = LossDay { day: 20_000, events: 9, lost: 1 };
        let release = LossRelease { app: "news".into(), events: 9, lost: 1, ..LossRelease::default() };
        let page = content(&[day], &[release]).into_string();
        assert!(page.contains("1 of 10 events") && page.contains("news") && page.contains("not said"), "{page}");
    }
}
