//! The table of the rules: who asks for each, in which of buf's versions and categories it is, and what for.

/// A version of `buf.yaml`, which decides which of buf's rules there are and which of them are on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BufVersion {
    /// `version: v1beta1`.
    V1Beta1,
    /// `version: v1`, and no `buf.yaml`.
    V1,
    /// `version: v2`.
    V2,
}

/// One rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// `FIELD_LOWER_SNAKE_CASE`.
    pub id: &'static str,
    /// What it asks for, as the end of "checks that".
    pub purpose: &'static str,
    /// Who asks.
    pub origin: Origin,
    /// Whether `--fix` can repair what it finds, at least sometimes.
    pub has_fix: bool,
}

/// Who asks for a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// buf: the rule's categories by version, in the order v1beta1, v1, v2; `None` where the version lacks it.
    Buf([Option<&'static [&'static str]>; 3]),
    /// Judi.
    Judi,
}

impl Rule {
    /// The categories that the rule is in; `None` where this version of buf does not know it.
    #[must_use]
    pub fn categories(&self, version: BufVersion) -> Option<&'static [&'static str]> {
        match (self.origin, version) {
            (Origin::Buf([categories, _, _]), BufVersion::V1Beta1)
            | (Origin::Buf([_, categories, _]), BufVersion::V1)
            | (Origin::Buf([_, _, categories]), BufVersion::V2) => categories,
            (Origin::Judi, _) => None,
        }
    }
}

/// The category whose rules are on unless a `buf.yaml` says otherwise.
pub const STANDARD: &str = "STANDARD";

/// Categories under the names that buf had for them before.
pub const CATEGORY_ALIASES: [(&str, &str); 2] = [("DEFAULT", STANDARD), ("STYLE_DEFAULT", "STYLE_STANDARD")];

/// Rules that buf still knows the names of, and that do nothing.
pub const RETIRED: [&str; 1] = ["IMPORT_NO_WEAK"];

type Categories = Option<&'static [&'static str]>;

const LAYOUT_V1BETA1: Categories = Some(&["MINIMAL", "BASIC", "STANDARD", "FILE_LAYOUT"]);
const AFFINITY_V1BETA1: Categories = Some(&["MINIMAL", "BASIC", "STANDARD", "PACKAGE_AFFINITY"]);
const SENSIBLE_V1BETA1: Categories = Some(&["MINIMAL", "BASIC", "STANDARD", "SENSIBLE"]);
const STYLE_BASIC_V1BETA1: Categories = Some(&["BASIC", "STANDARD", "STYLE_BASIC", "STYLE_STANDARD"]);
const STYLE_V1BETA1: Categories = Some(&["STANDARD", "STYLE_STANDARD"]);
const MINIMAL: Categories = Some(&["MINIMAL", "BASIC", "STANDARD"]);
const BASIC: Categories = Some(&["BASIC", "STANDARD"]);
const ONLY_STANDARD: Categories = Some(&["STANDARD"]);
const COMMENTS: Categories = Some(&["COMMENTS"]);
const UNARY: Categories = Some(&["UNARY_RPC"]);
const NO_CATEGORY: Categories = Some(&[]);

const LAYOUT: Origin = Origin::Buf([LAYOUT_V1BETA1, MINIMAL, MINIMAL]);
const AFFINITY: Origin = Origin::Buf([AFFINITY_V1BETA1, BASIC, BASIC]);
const STYLE_BASIC: Origin = Origin::Buf([STYLE_BASIC_V1BETA1, BASIC, BASIC]);
const STYLE: Origin = Origin::Buf([STYLE_V1BETA1, ONLY_STANDARD, ONLY_STANDARD]);
const COMMENT: Origin = Origin::Buf([COMMENTS, COMMENTS, COMMENTS]);
const STREAMING: Origin = Origin::Buf([UNARY, UNARY, UNARY]);

const fn reported(id: &'static str, origin: Origin, purpose: &'static str) -> Rule {
    Rule { id, purpose, origin, has_fix: false }
}

const fn repaired(id: &'static str, origin: Origin, purpose: &'static str) -> Rule {
    Rule { id, purpose, origin, has_fix: true }
}

/// Every rule: buf's in the order of their ids, then Judi's.
pub const RULES: &[Rule] = &[
    reported("COMMENT_ENUM", COMMENT, "enums have a comment"),
    reported("COMMENT_ENUM_VALUE", COMMENT, "values of enums have a comment"),
    reported("COMMENT_FIELD", COMMENT, "fields have a comment"),
    reported("COMMENT_MESSAGE", COMMENT, "messages have a comment"),
    reported("COMMENT_ONEOF", COMMENT, "oneofs have a comment"),
    reported("COMMENT_RPC", COMMENT, "RPCs have a comment"),
    reported("COMMENT_SERVICE", COMMENT, "services have a comment"),
    reported("DIRECTORY_SAME_PACKAGE", LAYOUT, "the files of one folder are in one package"),
    reported(
        "ENUM_FIRST_VALUE_ZERO",
        Origin::Buf([Some(&["OTHER"]), BASIC, BASIC]),
        "the first value of an enum has the number 0",
    ),
    reported("ENUM_NO_ALLOW_ALIAS", Origin::Buf([SENSIBLE_V1BETA1, BASIC, BASIC]), "enums do not set allow_alias"),
    reported("ENUM_PASCAL_CASE", STYLE_BASIC, "enums are named in PascalCase"),
    repaired("ENUM_VALUE_PREFIX", STYLE, "values of enums begin with the enum's name"),
    repaired("ENUM_VALUE_UPPER_SNAKE_CASE", STYLE_BASIC, "values of enums are named in UPPER_SNAKE_CASE"),
    repaired("ENUM_ZERO_VALUE_SUFFIX", STYLE, "the zero value of an enum ends with _UNSPECIFIED, or as configured"),
    repaired("FIELD_LOWER_SNAKE_CASE", STYLE_BASIC, "fields are named in lower_snake_case"),
    reported("FIELD_NO_DESCRIPTOR", Origin::Buf([SENSIBLE_V1BETA1, None, None]), "no field is named descriptor"),
    reported("FIELD_NOT_REQUIRED", Origin::Buf([None, None, BASIC]), "no field is required in the sense of proto2"),
    reported("FILE_LOWER_SNAKE_CASE", STYLE, "files are named in lower_snake_case"),
    reported("IMPORT_NO_PUBLIC", Origin::Buf([SENSIBLE_V1BETA1, BASIC, BASIC]), "imports are not public"),
    repaired("IMPORT_USED", Origin::Buf([None, BASIC, BASIC]), "imports are used"),
    reported("MESSAGE_PASCAL_CASE", STYLE_BASIC, "messages are named in PascalCase"),
    reported("ONEOF_LOWER_SNAKE_CASE", STYLE_BASIC, "oneofs are named in lower_snake_case"),
    reported("PACKAGE_DEFINED", Origin::Buf([SENSIBLE_V1BETA1, MINIMAL, MINIMAL]), "files have a package"),
    reported("PACKAGE_DIRECTORY_MATCH", LAYOUT, "a file's folder is its package"),
    reported("PACKAGE_LOWER_SNAKE_CASE", STYLE_BASIC, "packages are named in lower_snake.case"),
    reported(
        "PACKAGE_NO_IMPORT_CYCLE",
        Origin::Buf([None, NO_CATEGORY, MINIMAL]),
        "packages do not import each other in a circle",
    ),
    reported("PACKAGE_SAME_CSHARP_NAMESPACE", AFFINITY, "a package's files agree on csharp_namespace"),
    reported("PACKAGE_SAME_DIRECTORY", LAYOUT, "a package's files are in one folder"),
    reported("PACKAGE_SAME_GO_PACKAGE", AFFINITY, "a package's files agree on go_package"),
    reported("PACKAGE_SAME_JAVA_MULTIPLE_FILES", AFFINITY, "a package's files agree on java_multiple_files"),
    reported("PACKAGE_SAME_JAVA_PACKAGE", AFFINITY, "a package's files agree on java_package"),
    reported("PACKAGE_SAME_PHP_NAMESPACE", AFFINITY, "a package's files agree on php_namespace"),
    reported("PACKAGE_SAME_RUBY_PACKAGE", AFFINITY, "a package's files agree on ruby_package"),
    reported("PACKAGE_SAME_SWIFT_PREFIX", AFFINITY, "a package's files agree on swift_prefix"),
    reported("PACKAGE_VERSION_SUFFIX", STYLE, "a package's name ends with a version: .v1, .v1beta1"),
    reported(
        "PROTOVALIDATE",
        Origin::Buf([None, ONLY_STANDARD, ONLY_STANDARD]),
        "rules of protovalidate fit their field and do not contradict each other",
    ),
    reported("RPC_NO_CLIENT_STREAMING", STREAMING, "RPCs do not stream from the client"),
    reported("RPC_NO_SERVER_STREAMING", STREAMING, "RPCs do not stream from the server"),
    reported("RPC_PASCAL_CASE", STYLE_BASIC, "RPCs are named in PascalCase"),
    reported("RPC_REQUEST_RESPONSE_UNIQUE", STYLE, "a request's or response's message is of one RPC"),
    reported("RPC_REQUEST_STANDARD_NAME", STYLE, "a request is named after its RPC"),
    reported("RPC_RESPONSE_STANDARD_NAME", STYLE, "a response is named after its RPC"),
    reported("SERVICE_PASCAL_CASE", STYLE_BASIC, "services are named in PascalCase"),
    reported("SERVICE_SUFFIX", STYLE, "a service's name ends with Service, or as configured"),
    reported(
        "STABLE_PACKAGE_NO_IMPORT_UNSTABLE",
        Origin::Buf([None, None, NO_CATEGORY]),
        "a stable package does not import an unstable one",
    ),
    repaired("SYNTAX_SPECIFIED", Origin::Buf([None, BASIC, BASIC]), "files say their syntax"),
    repaired("EVENT_DESCRIPTION", Origin::Judi, "every event says what it means"),
    reported("EVENT_MESSAGE_NAME", Origin::Judi, "an event's message has the prefix and suffix of the conventions"),
    repaired("EVENT_NAME", Origin::Judi, "an event's name is snake_case and follows the conventions"),
    reported("EVENT_NAME_RESERVED", Origin::Judi, "no event has the name of a table or of a column of every event"),
    reported("EVENT_NAME_UNIQUE", Origin::Judi, "no two events have one name"),
    repaired("EVENT_OWNER", Origin::Judi, "every event has an owner, one of those that the conventions list"),
    reported("EVENT_TWIN", Origin::Judi, "no event is another one in a different spelling"),
    reported("FIELD_ALIAS", Origin::Judi, "aliases, replaced_by and replaces name what is there and free"),
    reported("FIELD_NAME", Origin::Judi, "a field's name follows the conventions"),
    reported("FIELD_NAME_RESERVED", Origin::Judi, "no field of an event has the name of a column of every event"),
    reported("FIELD_PII", Origin::Judi, "a field that may hold personal data says how personal it is"),
    repaired("FIELD_PRESENCE", Origin::Judi, "a field of an event says whether it can be absent"),
    reported("FIELD_TWIN", Origin::Judi, "no field's name is another one's in a different spelling"),
    reported("RESERVED_REUSED", Origin::Judi, "no name that is reserved is used again"),
];

/// The rule of this id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn count(version: BufVersion, category: &str) -> usize {
        RULES.iter().filter(|rule| rule.categories(version).is_some_and(|it| it.contains(&category))).count()
    }

    #[test]
    fn ids_are_unique_and_each_origin_is_sorted() {
        let ids: BTreeSet<&str> = RULES.iter().map(|rule| rule.id).collect();
        assert_eq!(ids.len(), RULES.len());
        let judi = RULES.iter().position(|rule| rule.origin == Origin::Judi).unwrap();
        let (bufs, judis) = RULES.split_at(judi);
        assert!(judis.iter().all(|rule| rule.origin == Origin::Judi));
        assert!(judis.is_sorted_by_key(|rule| rule.id));
        assert!(bufs.is_sorted_by_key(|rule| rule.id.replace('_', " ")));
    }

    /// `buf config ls-lint-rules --version V` of buf 1.75.
    #[test]
    fn versions_have_as_many_rules_as_bufs() {
        for (version, all, standard) in
            [(BufVersion::V1Beta1, 40, 30), (BufVersion::V1, 43, 33), (BufVersion::V2, 45, 35)]
        {
            assert_eq!(RULES.iter().filter(|rule| rule.categories(version).is_some()).count(), all, "{version:?}");
            assert_eq!(count(version, STANDARD), standard, "{version:?}");
            assert_eq!(count(version, "COMMENTS"), 7);
            assert_eq!(count(version, "UNARY_RPC"), 2);
        }
        assert_eq!(count(BufVersion::V1, "MINIMAL"), 4);
        assert_eq!(count(BufVersion::V2, "MINIMAL"), 5);
        assert_eq!(count(BufVersion::V1, "BASIC"), 24);
        assert_eq!(count(BufVersion::V2, "BASIC"), 26);
        for (category, rules) in [
            ("MINIMAL", 14),
            ("BASIC", 22),
            ("FILE_LAYOUT", 3),
            ("SENSIBLE", 4),
            ("STYLE_BASIC", 8),
            ("STYLE_STANDARD", 16),
        ] {
            assert_eq!(count(BufVersion::V1Beta1, category), rules, "{category}");
        }
    }
}
