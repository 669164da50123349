//! The rules: their ids, the categories that each has in each version of buf.yaml, and what they do.

use super::config::Version;
use super::pairs::Pairs;
use super::report::Report;
use super::{enumeration, field, field_default, field_type, file, message, package, reserved, service};

/// A set of categories.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Categories(u8);

/// A rule.
pub(super) struct Rule {
    pub(super) id: &'static str,
    /// Its categories in v1beta1, v1 and v2; nothing where a version does not have it.
    categories: [Option<Categories>; 3],
    pub(super) action: Action,
}

/// What a rule does.
pub(super) enum Action {
    /// It looks, and reports.
    Check(fn(&mut Report<'_>, &Pairs<'_>)),
    /// Others took over from it: it is an old name for them.
    ReplacedBy(&'static [&'static str]),
}

/// The names of the categories, and their bits.
const CATEGORIES: [(&str, u8); 5] = [("FILE", F), ("PACKAGE", P), ("WIRE_JSON", J), ("WIRE", W), ("CSR", C)];
const F: u8 = 1;
const P: u8 = 2;
const J: u8 = 4;
const W: u8 = 8;
/// Of v2 only.
const C: u8 = 16;

impl Rule {
    /// Its categories in configurations of this version; nothing where they do not have it.
    pub(super) const fn categories(&self, version: Version) -> Option<Categories> {
        match version {
            Version::V1Beta1 => self.categories[0],
            Version::V1 => self.categories[1],
            Version::V2 => self.categories[2],
        }
    }

    /// Whether it is applied where a configuration names none.
    pub(super) fn is_default(&self, version: Version) -> bool {
        self.categories(version).is_some_and(|categories| categories.0 & F != 0)
    }
}

impl Categories {
    /// Whether the category of this name is one of them.
    pub(super) fn contains(self, name: &str) -> bool {
        CATEGORIES.iter().any(|(category, bit)| *category == name && self.0 & bit != 0)
    }
}

/// The rule of this id in configurations of this version.
pub(super) fn find(id: &str, version: Version) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id && rule.categories(version).is_some())
}

/// The ids and categories that a configuration of this version may name.
pub(super) fn names(version: Version) -> impl Iterator<Item = &'static str> {
    let rules = RULES.iter().filter(move |rule| rule.categories(version).is_some()).map(|rule| rule.id);
    let categories = CATEGORIES.iter().filter(move |(_, bit)| *bit != C || version == Version::V2);
    categories.map(|(name, _)| *name).chain(rules)
}

/// A rule that all versions have, with these categories.
const fn everywhere(id: &'static str, categories: u8, check: fn(&mut Report<'_>, &Pairs<'_>)) -> Rule {
    let older = Some(Categories(categories & !C));
    Rule { id, categories: [older, older, Some(Categories(categories))], action: Action::Check(check) }
}

/// A rule whose categories differ.
const fn varying(id: &'static str, categories: [Option<u8>; 3], check: fn(&mut Report<'_>, &Pairs<'_>)) -> Rule {
    let [v1beta1, v1, v2] = categories;
    Rule { id, categories: [set(v1beta1), set(v1), set(v2)], action: Action::Check(check) }
}

const fn set(categories: Option<u8>) -> Option<Categories> {
    match categories {
        Some(categories) => Some(Categories(categories)),
        None => None,
    }
}

/// A rule that has no category any more.
const fn replaced(id: &'static str, is_in_v2: bool, by: &'static [&'static str]) -> Rule {
    let there = Some(Categories(0));
    let v2 = if is_in_v2 { there } else { None };
    Rule { id, categories: [there, there, v2], action: Action::ReplacedBy(by) }
}

/// Every rule.
pub(super) const RULES: &[Rule] = &[
    everywhere("ENUM_NO_DELETE", F | C, file::enum_no_delete),
    everywhere("ENUM_SAME_JSON_FORMAT", F | P | J | C, enumeration::same_json_format),
    everywhere("ENUM_SAME_TYPE", F | P, enumeration::same_type),
    everywhere("ENUM_VALUE_NO_DELETE", F | P | C, enumeration::value_no_delete),
    everywhere("ENUM_VALUE_NO_DELETE_UNLESS_NAME_RESERVED", J | C, enumeration::value_no_delete_unless_name_reserved),
    everywhere(
        "ENUM_VALUE_NO_DELETE_UNLESS_NUMBER_RESERVED",
        J | W | C,
        enumeration::value_no_delete_unless_number_reserved,
    ),
    everywhere("ENUM_VALUE_SAME_NAME", F | P | J | C, enumeration::value_same_name),
    everywhere("EXTENSION_MESSAGE_NO_DELETE", F | P | C, reserved::extension_message_no_delete),
    varying("EXTENSION_NO_DELETE", [None, None, Some(F)], file::extension_no_delete),
    everywhere("FIELD_NO_DELETE", F | P | C, message::field_no_delete),
    everywhere("FIELD_NO_DELETE_UNLESS_NAME_RESERVED", J | C, message::field_no_delete_unless_name_reserved),
    everywhere("FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED", J | W | C, message::field_no_delete_unless_number_reserved),
    varying("FIELD_SAME_CARDINALITY", [Some(F | P | J | W), Some(F | P), Some(F | P)], field::same_cardinality),
    everywhere("FIELD_SAME_CPP_STRING_TYPE", F | P, field::same_cpp_string_type),
    replaced("FIELD_SAME_CTYPE", false, &["FIELD_SAME_CPP_STRING_TYPE"]),
    varying("FIELD_SAME_DEFAULT", [None, None, Some(F | P | J | W | C)], field_default::same_default),
    everywhere("FIELD_SAME_JAVA_UTF8_VALIDATION", F | P, field::same_java_utf8_validation),
    everywhere("FIELD_SAME_JSON_NAME", F | P | J | C, field::same_json_name),
    everywhere("FIELD_SAME_JSTYPE", F | P, field::same_jstype),
    replaced(
        "FIELD_SAME_LABEL",
        false,
        &["FIELD_SAME_CARDINALITY", "FIELD_WIRE_COMPATIBLE_CARDINALITY", "FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY"],
    ),
    everywhere("FIELD_SAME_NAME", F | P | J | C, field::same_name),
    everywhere("FIELD_SAME_ONEOF", F | P | J | W | C, field::same_oneof),
    varying("FIELD_SAME_TYPE", [Some(F | P | J | W), Some(F | P), Some(F | P | C)], field_type::same_type),
    everywhere("FIELD_SAME_UTF8_VALIDATION", F | P, field::same_utf8_validation),
    everywhere("FIELD_WIRE_COMPATIBLE_CARDINALITY", W, field::wire_compatible_cardinality),
    varying("FIELD_WIRE_COMPATIBLE_TYPE", [None, Some(W), Some(W)], field_type::wire_compatible_type),
    everywhere("FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY", J | C, field::wire_json_compatible_cardinality),
    varying("FIELD_WIRE_JSON_COMPATIBLE_TYPE", [None, Some(J), Some(J | C)], field_type::wire_json_compatible_type),
    everywhere("FILE_NO_DELETE", F | C, file::no_delete),
    everywhere("FILE_SAME_CC_ENABLE_ARENAS", F | P, file::same_cc_enable_arenas),
    everywhere("FILE_SAME_CC_GENERIC_SERVICES", F | P, file::same_cc_generic_services),
    everywhere("FILE_SAME_CSHARP_NAMESPACE", F | P, file::same_csharp_namespace),
    everywhere("FILE_SAME_GO_PACKAGE", F | P, file::same_go_package),
    everywhere("FILE_SAME_JAVA_GENERIC_SERVICES", F | P, file::same_java_generic_services),
    everywhere("FILE_SAME_JAVA_MULTIPLE_FILES", F | P, file::same_java_multiple_files),
    everywhere("FILE_SAME_JAVA_OUTER_CLASSNAME", F | P, file::same_java_outer_classname),
    everywhere("FILE_SAME_JAVA_PACKAGE", F | P, file::same_java_package),
    replaced("FILE_SAME_JAVA_STRING_CHECK_UTF8", false, &["FIELD_SAME_JAVA_UTF8_VALIDATION"]),
    everywhere("FILE_SAME_OBJC_CLASS_PREFIX", F | P, file::same_objc_class_prefix),
    everywhere("FILE_SAME_OPTIMIZE_FOR", F | P, file::same_optimize_for),
    varying("FILE_SAME_PACKAGE", [Some(F), Some(F | P | J | W), Some(F | P | J | W | C)], file::same_package),
    everywhere("FILE_SAME_PHP_CLASS_PREFIX", F | P, file::same_php_class_prefix),
    replaced("FILE_SAME_PHP_GENERIC_SERVICES", false, &[]),
    everywhere("FILE_SAME_PHP_METADATA_NAMESPACE", F | P, file::same_php_metadata_namespace),
    everywhere("FILE_SAME_PHP_NAMESPACE", F | P, file::same_php_namespace),
    everywhere("FILE_SAME_PY_GENERIC_SERVICES", F | P, file::same_py_generic_services),
    everywhere("FILE_SAME_RUBY_PACKAGE", F | P, file::same_ruby_package),
    everywhere("FILE_SAME_SWIFT_PREFIX", F | P, file::same_swift_prefix),
    everywhere("FILE_SAME_SYNTAX", F | P | C, file::same_syntax),
    everywhere("MESSAGE_NO_DELETE", F | C, file::message_no_delete),
    everywhere(
        "MESSAGE_NO_REMOVE_STANDARD_DESCRIPTOR_ACCESSOR",
        F | P | C,
        message::no_remove_standard_descriptor_accessor,
    ),
    everywhere("MESSAGE_SAME_JSON_FORMAT", F | P | J | C, message::same_json_format),
    replaced("MESSAGE_SAME_MESSAGE_SET_WIRE_FORMAT", true, &[]),
    everywhere("MESSAGE_SAME_REQUIRED_FIELDS", F | P | J | W | C, message::same_required_fields),
    everywhere("ONEOF_NO_DELETE", F | P | C, message::oneof_no_delete),
    everywhere("PACKAGE_ENUM_NO_DELETE", P, package::enum_no_delete),
    varying("PACKAGE_EXTENSION_NO_DELETE", [None, None, Some(P)], package::extension_no_delete),
    everywhere("PACKAGE_MESSAGE_NO_DELETE", P, package::message_no_delete),
    everywhere("PACKAGE_NO_DELETE", P, package::no_delete),
    everywhere("PACKAGE_SERVICE_NO_DELETE", P, package::service_no_delete),
    everywhere("RESERVED_ENUM_NO_DELETE", F | P | J | W | C, reserved::enum_no_delete),
    everywhere("RESERVED_MESSAGE_NO_DELETE", F | P | J | W | C, reserved::message_no_delete),
    everywhere("RPC_NO_DELETE", F | P, service::rpc_no_delete),
    everywhere("RPC_SAME_CLIENT_STREAMING", F | P | J | W | C, service::same_client_streaming),
    everywhere("RPC_SAME_IDEMPOTENCY_LEVEL", F | P | J | W | C, service::same_idempotency_level),
    everywhere("RPC_SAME_REQUEST_TYPE", F | P | J | W | C, service::same_request_type),
    everywhere("RPC_SAME_RESPONSE_TYPE", F | P | J | W | C, service::same_response_type),
    everywhere("RPC_SAME_SERVER_STREAMING", F | P | J | W | C, service::same_server_streaming),
    everywhere("SERVICE_NO_DELETE", F, file::service_no_delete),
];
