//! Rules of services and RPCs.

use std::collections::{BTreeMap, BTreeSet};

use prost_types::{MethodDescriptorProto, ServiceDescriptorProto};

use super::super::names::pascal_case;
use super::super::sink::Sink;
use super::super::subject::LintFile;
use super::super::walk::number_of;

const EMPTY: &str = "google.protobuf.Empty";

pub(super) fn check(file: &LintFile<'_>, sink: &mut Sink<'_>) {
    for (index, service) in file.proto().service.iter().enumerate() {
        let path = [6, number_of(index)];
        let (name, pascal) = (service.name(), pascal_case(service.name()));
        let name_path = [path.as_slice(), &[1]].concat();
        if name != pascal {
            let text = format!("Service name {name:?} should be PascalCase, such as {pascal:?}.");
            sink.report("SERVICE_PASCAL_CASE", file, &name_path, text);
        }
        let suffix = sink.config.service_suffix.as_str();
        if !name.ends_with(suffix) {
            let text = format!("Service name {name:?} should be suffixed with {suffix:?}.");
            sink.report("SERVICE_SUFFIX", file, &name_path, text);
        }
        for (index, method) in service.method.iter().enumerate() {
            let path = [path.as_slice(), &[2, number_of(index)]].concat();
            check_method(file, service, method, &path, sink);
        }
    }
}

fn check_method(
    file: &LintFile<'_>,
    service: &ServiceDescriptorProto,
    method: &MethodDescriptorProto,
    path: &[i32],
    sink: &mut Sink<'_>,
) {
    let part = |number: i32| [path, &[number]].concat();
    let (name, pascal) = (method.name(), pascal_case(method.name()));
    if name != pascal {
        let text = format!("RPC name {name:?} should be PascalCase, such as {pascal:?}.");
        sink.report("RPC_PASCAL_CASE", file, &part(1), text);
    }
    if method.client_streaming() {
        sink.report("RPC_NO_CLIENT_STREAMING", file, path, format!("RPC {name:?} is client streaming."));
    }
    if method.server_streaming() {
        sink.report("RPC_NO_SERVER_STREAMING", file, path, format!("RPC {name:?} is server streaming."));
    }
    let of_service = pascal_case(service.name());
    let sides = [
        (
            "RPC_REQUEST_STANDARD_NAME",
            "Request",
            method.input_type(),
            2,
            sink.config.rpc_allow_google_protobuf_empty_requests,
        ),
        (
            "RPC_RESPONSE_STANDARD_NAME",
            "Response",
            method.output_type(),
            3,
            sink.config.rpc_allow_google_protobuf_empty_responses,
        ),
    ];
    for (rule, word, type_name, number, may_be_empty) in sides {
        let full_name = type_name.trim_start_matches('.');
        let short = full_name.rsplit('.').next().unwrap_or_default();
        let (one, other) = (format!("{pascal}{word}"), format!("{of_service}{pascal}{word}"));
        if (full_name != EMPTY || !may_be_empty) && short != one && short != other {
            let side = word.to_lowercase();
            let text = format!("RPC {side} type {short:?} should be named {one:?} or {other:?}.");
            sink.report(rule, file, &part(number), text);
        }
    }
}

/// An RPC, where it stands, and its types.
struct Rpc<'f, 'a> {
    file: &'f LintFile<'a>,
    path: Vec<i32>,
    name: &'f str,
    request: &'f str,
    response: &'f str,
}

/// `RPC_REQUEST_RESPONSE_UNIQUE`, over all files of a module.
pub(super) fn check_unique(files: &[&LintFile<'_>], sink: &mut Sink<'_>) {
    const RULE: &str = "RPC_REQUEST_RESPONSE_UNIQUE";
    let rpcs: Vec<Rpc<'_, '_>> = files.iter().flat_map(|file| rpcs(file)).collect();
    let config = sink.config;
    let empty_requests = config.rpc_allow_google_protobuf_empty_requests;
    let empty_responses = config.rpc_allow_google_protobuf_empty_responses;
    let mut report = |rpc: &Rpc<'_, '_>, text: String| sink.report(RULE, rpc.file, &rpc.path, text);
    for rpc in rpcs.iter().filter(|rpc| rpc.request == rpc.response && !config.rpc_allow_same_request_response) {
        if rpc.request != EMPTY || !empty_requests || !empty_responses {
            report(
                rpc,
                format!("RPC {:?} has the same type {:?} for the request and response.", rpc.name, rpc.request),
            );
        }
    }
    let mut users: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
    for (index, rpc) in rpcs.iter().enumerate() {
        users.entry(rpc.request).or_default().insert(index);
        users.entry(rpc.response).or_default().insert(index);
    }
    for (type_name, users) in users.into_iter().filter(|(_, users)| users.len() > 1) {
        let users = users.into_iter().filter_map(|index| rpcs.get(index));
        if type_name != EMPTY || !(empty_requests || empty_responses) {
            users.for_each(|rpc| {
                report(rpc, format!("{type_name:?} is used as the request or response type for multiple RPCs."));
            });
            continue;
        }
        // Empty may be the one side or the other: what is left is counted by itself.
        let users: Vec<_> = users.collect();
        for (is_allowed, side, of) in [
            (empty_requests, "request", (|rpc| rpc.request) as for<'x> fn(&Rpc<'x, '_>) -> &'x str),
            (empty_responses, "response", |rpc| rpc.response),
        ] {
            let with_empty: Vec<_> = users.iter().filter(|rpc| !is_allowed && of(rpc) == EMPTY).collect();
            if with_empty.len() > 1 {
                for rpc in with_empty {
                    report(rpc, format!("{EMPTY:?} is used as the {side} for multiple RPCs."));
                }
            }
        }
    }
}

fn rpcs<'f, 'a>(file: &'f LintFile<'a>) -> Vec<Rpc<'f, 'a>> {
    let services = file.proto().service.iter().enumerate();
    let methods = services.flat_map(|(service_index, service)| {
        service.method.iter().enumerate().map(move |(index, method)| Rpc {
            file,
            path: vec![6, number_of(service_index), 2, number_of(index)],
            name: method.name(),
            request: method.input_type().trim_start_matches('.'),
            response: method.output_type().trim_start_matches('.'),
        })
    });
    methods.collect()
}
