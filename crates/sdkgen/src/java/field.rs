//! A field of a message's class: how it is kept, set, read and written.

use super::docs;
use super::names::{Classes, Members, getter};
use super::text::{Text, literal};
use super::types::{self, Also, Type, delimited_tag, is_json, is_set, kept_type, key_type, value_type, write, zero};
use crate::library::{Field, Kind, Message, Shape, WellKnown};

/// A field that is no member of a oneof.
pub(super) struct JavaField<'a> {
    pub(super) field: &'a Field,
    /// What the class calls it.
    pub(super) name: &'a str,
    /// Of one value.
    pub(super) of: Type,
    /// The argument of `builder(…)` that sets it: it must be set.
    pub(super) is_argument: bool,
    replacement: Option<&'a str>,
}

/// Java has no calls with more than 255 arguments; what is required beyond these is looked for by the encoder alone.
const ARGUMENTS_MAX: usize = 60;

/// The fields of a message that are no members of a oneof.
pub(super) fn fields_of<'a>(message: &'a Message, members: &'a Members, classes: &Classes) -> Vec<JavaField<'a>> {
    let mut arguments = 0;
    let mut fields = Vec::new();
    for (field, name) in message.fields.iter().zip(&members.fields).filter(|(field, _)| field.oneof.is_none()) {
        arguments += usize::from(field.is_required);
        let replacement = message.fields.iter().position(|it| it.name == field.replaced_by);
        fields.push(JavaField {
            field,
            name,
            of: value_type(field.kind, classes),
            is_argument: field.is_required && arguments <= ARGUMENTS_MAX,
            replacement: replacement.and_then(|at| members.fields.get(at)).map(|name| &**name),
        });
    }
    fields
}

impl JavaField<'_> {
    pub(super) fn kept(&self) -> String {
        kept_type(self.field, &self.of)
    }

    /// The value before it is set; none: null, or an argument.
    pub(super) fn unset(&self) -> Option<String> {
        match self.field.shape {
            _ if self.is_argument => None,
            Shape::Implicit => Some(zero(self.field.kind, &self.of)),
            Shape::Optional => None,
            Shape::Repeated { .. } => Some("Collections.emptyList()".to_owned()),
            Shape::Map(_) => Some("Collections.emptyMap()".to_owned()),
        }
    }

    /// What setters take: a list of types, and for each what is kept of `value`.
    fn takes(&self) -> Vec<(String, String)> {
        match self.field.shape {
            Shape::Implicit | Shape::Optional => self.takes_one(),
            Shape::Repeated { .. } => self.takes_many(),
            Shape::Map(key) => vec![self.takes_map(key)],
        }
    }

    fn takes_one(&self) -> Vec<(String, String)> {
        let (of, is_implicit) = (&self.of, self.field.shape == Shape::Implicit);
        let checked =
            |value: &str| of.check.map_or_else(|| value.to_owned(), |check| format!("Values.{check}({value})"));
        if is_json(self.field.kind) {
            return vec![("@Nullable Object".to_owned(), checked("value"))];
        }
        if let (Some(primitive), true) = (of.primitive, is_implicit || self.is_argument) {
            let mut takes = vec![(primitive.to_owned(), checked("value"))];
            if of.also == Also::Unsigned {
                takes.push(("@NonNull BigInteger".to_owned(), "Values.bits(value)".to_owned()));
            }
            return takes;
        }
        if self.is_argument {
            let required = format!("Values.required(value, {})", literal(&self.field.name));
            return vec![(format!("@NonNull {}", of.boxed), checked(&required))];
        }
        let unset = if is_implicit { zero(self.field.kind, of) } else { "null".to_owned() };
        let kept = if of.also == Also::Unsigned { "Values.bits(value)".to_owned() } else { checked("value") };
        let kept = if kept == "value" && !is_implicit { kept } else { format!("value == null ? {unset} : {kept}") };
        let mut takes = vec![(format!("@Nullable {}", of.boxed), kept)];
        if let (Some(primitive), true) = (of.primitive, of.also != Also::Nothing) {
            takes.insert(0, (primitive.to_owned(), checked("value")));
        }
        takes
    }

    fn takes_many(&self) -> Vec<(String, String)> {
        let boxed = &self.of.boxed;
        if is_json(self.field.kind) {
            return vec![("@Nullable Iterable<?>".to_owned(), "Values.jsons(value)".to_owned())];
        }
        let copied = self.of.check.map_or("Values.list(value)".to_owned(), |check| {
            // The type arguments say which of the methods of one name is meant.
            format!("Values.<{boxed}>list(value, Values::{check})")
        });
        let mut takes = vec![(format!("@Nullable Iterable<? extends {boxed}>"), copied)];
        if self.of.check.is_none() && !matches!(&**boxed, "Long" | "Double" | "Float") {
            takes.push((format!("@NonNull {boxed}..."), "Values.list(Arrays.asList(value))".to_owned()));
        }
        takes
    }

    fn takes_map(&self, key: judi_schema::plan::ScalarKind) -> (String, String) {
        let (key, order) = key_type(key);
        let boxed = &self.of.boxed;
        let copy = |check: Option<&str>| check.map_or("it -> it".to_owned(), |check| format!("Values::{check}"));
        if is_json(self.field.kind) {
            let taken = format!("@Nullable Map<? extends {}, ?>", key.boxed);
            return (taken, format!("Values.jsonMap(value, {order}, {})", copy(key.check)));
        }
        let taken = format!("@Nullable Map<? extends {}, ? extends {boxed}>", key.boxed);
        if key.check.is_none() && self.of.check.is_none() {
            return (taken, format!("Values.map(value, {order})"));
        }
        let types = format!("<{}, {boxed}>", key.boxed);
        (taken, format!("Values.{types}map(value, {order}, {}, {})", copy(key.check), copy(self.of.check)))
    }

    /// The argument of `builder(…)`, and what is kept of it.
    pub(super) fn argument(&self) -> (String, String) {
        let (taken, kept) = self.takes().into_iter().next().unwrap_or_default();
        let is_many = !matches!(self.field.shape, Shape::Implicit | Shape::Optional);
        let taken = if is_many { taken.replace("@Nullable", "@NonNull") } else { taken };
        // Behind `value` stands a bracket, a comma or the end: names of methods do not have it.
        let kept =
            if kept == "value" { self.name.to_owned() } else { kept.replace("(value", &format!("({}", self.name)) };
        (format!("{taken} {}", self.name), kept)
    }

    pub(super) fn setters(&self, text: &mut Text) {
        let skipped = usize::from(self.is_argument);
        let is_only_unsigned = self.is_argument && self.of.also != Also::Unsigned;
        let is_one = matches!(self.field.shape, Shape::Implicit | Shape::Optional);
        if is_only_unsigned || (self.is_argument && !is_one) {
            return;
        }
        for (taken, kept) in self.takes().into_iter().skip(skipped) {
            text.gap();
            self.says(text, 2);
            text.line(2, "@NonNull");
            text.call(2, &format!("public Builder {}", self.name), &[format!("{taken} value")], " {");
            text.assign(3, &format!("this.{}", self.name), &kept);
            text.line(3, "return this;");
            text.line(2, "}");
        }
    }

    pub(super) fn getter(&self, text: &mut Text) {
        let kept = self.kept();
        let name = getter(self.name);
        let is_optional = self.field.shape == Shape::Optional && !self.is_argument;
        let (returned, value) = self.read(&kept);
        text.gap();
        self.says(text, 1);
        if is_optional {
            text.line(1, "@Nullable");
        } else if returned.starts_with(|first: char| first.is_uppercase()) || returned == "byte[]" {
            text.line(1, "@NonNull");
        }
        text.line(1, &format!("public {returned} {name}() {{"));
        let may_be_null = self.field.shape == Shape::Optional && value != format!("this.{}", self.name);
        let value = if may_be_null { format!("this.{} == null ? null : {value}", self.name) } else { value };
        text.line(2, &format!("return {value};"));
        text.line(1, "}");
    }

    fn read(&self, kept: &str) -> (String, String) {
        let this = format!("this.{}", self.name);
        let is_one = matches!(self.field.shape, Shape::Implicit | Shape::Optional);
        if is_one && self.of.also == Also::Unsigned {
            return ("BigInteger".to_owned(), format!("Values.unsigned({this})"));
        }
        if self.of.boxed == "byte[]" {
            return match self.field.shape {
                Shape::Implicit | Shape::Optional => (kept.to_owned(), format!("{this}.clone()")),
                Shape::Repeated { .. } => (kept.to_owned(), format!("Values.list({this}, Values::bytes)")),
                Shape::Map(key) => {
                    let order = key_type(key).1;
                    (kept.to_owned(), format!("Values.map({this}, {order}, it -> it, Values::bytes)"))
                }
            };
        }
        (kept.to_owned(), this)
    }

    fn says(&self, text: &mut Text, depth: usize) {
        text.javadoc(depth, &docs::of_field(self.field), &docs::deprecation(self.field, self.replacement));
        if self.field.is_deprecated {
            text.line(depth, "@Deprecated");
        }
    }

    /// The statements that write it.
    pub(super) fn write(&self, text: &mut Text) {
        let this = format!("this.{}", self.name);
        let (number, kind) = (self.field.number, self.field.kind);
        let missing = format!("throw EventException.missing({});", literal(&self.field.name));
        let (condition, statements) = match self.field.shape {
            Shape::Implicit => (Some(is_set(kind, &this)), vec![write(number, kind, &this)]),
            Shape::Optional if self.is_argument => (None, vec![write(number, kind, &this)]),
            Shape::Optional => (Some(format!("{this} != null")), vec![write(number, kind, &this)]),
            Shape::Repeated { is_packed: true } => (Some(format!("!{this}.isEmpty()")), self.packed(&this)),
            Shape::Repeated { is_packed: false } => {
                (self.field.is_required.then(|| format!("!{this}.isEmpty()")), self.each(&this))
            }
            Shape::Map(key) => (self.field.is_required.then(|| format!("!{this}.isEmpty()")), self.entries(&this, key)),
        };
        let Some(condition) = condition else {
            return text.lines(2, statements.iter().map(|line| &**line));
        };
        text.line(2, &format!("if ({condition}) {{"));
        text.lines(3, statements.iter().map(|line| &**line));
        if self.field.is_required {
            text.line(2, "} else {");
            text.line(3, &missing);
        }
        text.line(2, "}");
    }

    fn packed(&self, this: &str) -> Vec<String> {
        vec![
            format!("int at = out.open({});", delimited_tag(self.field.number)),
            format!("for ({} value : {this}) {{", self.of.boxed),
            format!("  {}", types::put(self.field.kind, &self.element("value"))),
            "}".to_owned(),
            "out.close(at);".to_owned(),
        ]
    }

    fn each(&self, this: &str) -> Vec<String> {
        vec![
            format!("for ({} value : {this}) {{", self.of.boxed),
            format!("  {}", write(self.field.number, self.field.kind, &self.element("value"))),
            "}".to_owned(),
        ]
    }

    fn entries(&self, this: &str, key: judi_schema::plan::ScalarKind) -> Vec<String> {
        let of_key = key_type(key).0;
        let key_value = if of_key.also == Also::Unsigned { "entry.getKey().longValue()" } else { "entry.getKey()" };
        vec![
            format!("for (Map.Entry<{}, {}> entry : {this}.entrySet()) {{", of_key.boxed, self.of.boxed),
            format!("  int at = out.begin({});", delimited_tag(self.field.number)),
            format!("  {}", write(1, Kind::Scalar(key), key_value)),
            format!("  {}", write(2, self.field.kind, &self.element("entry.getValue()"))),
            "  out.end(at);".to_owned(),
            "}".to_owned(),
        ]
    }

    fn element(&self, value: &str) -> String {
        if self.of.also == Also::Unsigned { format!("{value}.longValue()") } else { value.to_owned() }
    }

    /// For `values()`.
    pub(super) fn compared(&self) -> String {
        let this = format!("this.{}", self.name);
        let is_wrapper = matches!(self.field.kind, Kind::WellKnown(WellKnown::Wrapper(_)));
        if self.field.shape == Shape::Implicit && !is_wrapper { format!("Values.implicit({this})") } else { this }
    }
}
