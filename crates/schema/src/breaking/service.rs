//! Rules about services and their methods.

use super::image::{Method, Service};
use super::pairs::{Pair, Pairs};
use super::report::{At, Report};

/// Fields of `MethodDescriptorProto`, and `MethodOptions.idempotency_level`.
const INPUT_TYPE: i32 = 2;
const OUTPUT_TYPE: i32 = 3;
const OPTIONS: i32 = 4;
const IDEMPOTENCY_LEVEL: i32 = 34;

pub(super) fn rpc_no_delete(report: &mut Report<'_>, pairs: &Pairs<'_>) {
    for (now, before) in &pairs.services {
        for method in before.methods.iter().filter(|method| !now.methods.iter().any(|one| one.name == method.name)) {
            let text =
                format!("Previously present RPC {:?} on service {:?} was deleted.", method.name, now.element.name);
            report.add(report.at(&now.element), report.before(&before.element), text);
        }
    }
}

pub(super) fn same_client_streaming(report: &mut Report<'_>, pairs: &Pairs<'_>) {
    let streaming = |method: &Method| format!("client {}", stream(method.client_streaming));
    same(report, pairs, streaming, |now| now.path.clone(), |old, new| format!("from {old} to {new}"));
}

pub(super) fn same_server_streaming(report: &mut Report<'_>, pairs: &Pairs<'_>) {
    let streaming = |method: &Method| format!("server {}", stream(method.server_streaming));
    same(report, pairs, streaming, |now| now.path.clone(), |old, new| format!("from {old} to {new}"));
}

pub(super) fn same_idempotency_level(report: &mut Report<'_>, pairs: &Pairs<'_>) {
    let level = |method: &Method| {
        let level = match method.idempotency_level {
            1 => "NO_SIDE_EFFECTS",
            2 => "IDEMPOTENT",
            _ => "IDEMPOTENCY_UNKNOWN",
        };
        level.to_owned()
    };
    let path = |now: &Method| [now.path.as_slice(), &[OPTIONS, IDEMPOTENCY_LEVEL]].concat();
    same(report, pairs, level, path, |old, new| format!("option \"idempotency_level\" from {old:?} to {new:?}"));
}

pub(super) fn same_request_type(report: &mut Report<'_>, pairs: &Pairs<'_>) {
    let path = |now: &Method| [now.path.as_slice(), &[INPUT_TYPE]].concat();
    same(
        report,
        pairs,
        |method| method.input_type.clone(),
        path,
        |old, new| format!("request type from {old:?} to {new:?}"),
    );
}

pub(super) fn same_response_type(report: &mut Report<'_>, pairs: &Pairs<'_>) {
    let path = |now: &Method| [now.path.as_slice(), &[OUTPUT_TYPE]].concat();
    same(
        report,
        pairs,
        |method| method.output_type.clone(),
        path,
        |old, new| format!("response type from {old:?} to {new:?}"),
    );
}

/// Reports methods of which `value` has changed, at the element of `path`.
fn same(
    report: &mut Report<'_>,
    pairs: &Pairs<'_>,
    value: impl Fn(&Method) -> String,
    path: impl Fn(&Method) -> Vec<i32>,
    change: impl Fn(&str, &str) -> String,
) {
    for (service, method) in &pairs.methods {
        let (old, new) = (value(method.previous), value(method.current));
        if old != new {
            let at = at(report, service, &path(method.current));
            let text = format!(
                "RPC {:?} on service {:?} changed {}.",
                method.current.name,
                service.current.element.name,
                change(&old, &new)
            );
            report.add(at, report.before(&service.previous.element), text);
        }
    }
}

fn at<'a>(report: &Report<'a>, service: &Pair<'_, Service>, path: &[i32]) -> At<'a> {
    report.at_path(&service.current.element, path)
}

const fn stream(is_stream: bool) -> &'static str {
    if is_stream { "streaming" } else { "unary" }
}
