//! A message's class, with its builder.

use super::docs;
use super::field::{JavaField, fields_of};
use super::file::{Scope, file};
use super::names::{Members, getter};
use super::text::{Text, literal};
use crate::library::Message;

/// What a class is made from.
struct Class<'a> {
    scope: &'a Scope<'a>,
    at: usize,
    message: &'a Message,
    name: &'a str,
    members: &'a Members,
    fields: &'a [JavaField<'a>],
}

/// A oneof as a member of the class.
struct OneofMember<'a> {
    name: &'a str,
    class: &'a str,
    is_required: bool,
    schema_name: &'a str,
}

/// The file of the message at `at` in the library.
pub(super) fn write(scope: &Scope<'_>, at: usize, message: &Message) -> Vec<u8> {
    let members = Members::of(message);
    let fields = fields_of(message, &members, scope.classes);
    let name = scope.classes.messages.get(at).map_or("", |name| name);
    let class = Class { scope, at, message, name, members: &members, fields: &fields };
    let mut text = Text::default();
    class.head(&mut text);
    class.constructor(&mut text);
    class.factory(&mut text);
    for field in &fields {
        field.getter(&mut text);
    }
    class.oneof_getters(&mut text);
    class.event_name(&mut text);
    class.writer(&mut text);
    class.compared(&mut text);
    class.builder(&mut text);
    text.line(0, "}");
    file(scope, text)
}

impl Class<'_> {
    fn oneofs(&self) -> impl Iterator<Item = OneofMember<'_>> {
        let classes = self.scope.classes.oneofs.get(self.at).map_or(&[][..], |classes| classes);
        let named = self.message.oneofs.iter().zip(&self.members.oneofs).zip(classes);
        named.map(|((oneof, name), class)| OneofMember {
            name,
            class,
            is_required: oneof.is_required,
            schema_name: &oneof.name,
        })
    }

    fn head(&self, text: &mut Text) {
        let event = self.scope.event_of(self.at);
        let tags = if self.message.is_deprecated { vec!["@deprecated To be used no more.".to_owned()] } else { vec![] };
        text.javadoc(0, &docs::of_message(self.message, event), &tags);
        if self.message.is_deprecated {
            text.line(0, "@Deprecated");
        }
        if self.scope.uses_deprecated(self.message) {
            text.line(0, "@SuppressWarnings(\"deprecation\")");
        }
        let base = if event.is_some() { "Event" } else { "Message" };
        text.line(0, &format!("public final class {} extends {base} {{", self.name));
        for field in self.fields {
            text.line(1, &format!("private final {} {};", field.kept(), field.name));
        }
        for oneof in self.oneofs() {
            text.line(1, &format!("private final {} {};", oneof.class, oneof.name));
        }
        if self.fields.len() + self.message.oneofs.len() > 0 {
            text.gap();
        }
    }

    fn constructor(&self, text: &mut Text) {
        let oneofs: Vec<&str> = self.oneofs().map(|oneof| oneof.name).collect();
        text.block(1, &format!("private {}(Builder builder)", self.name), |text| {
            for name in self.fields.iter().map(|field| field.name).chain(oneofs) {
                text.line(2, &format!("this.{name} = builder.{name};"));
            }
        });
    }

    /// The arguments of `builder(…)`: how they are declared, and what is kept of each.
    fn arguments(&self) -> (Vec<String>, Vec<(&str, String)>) {
        let mut declared = Vec::new();
        let mut kept = Vec::new();
        for field in self.fields.iter().filter(|field| field.is_argument) {
            let (argument, value) = field.argument();
            declared.push(argument);
            kept.push((field.name, value));
        }
        let oneofs = self.message.oneofs.iter().zip(&self.members.oneofs);
        let classes = self.scope.classes.oneofs.get(self.at).map_or(&[][..], |classes| classes);
        for ((oneof, name), class) in oneofs.zip(classes).filter(|((oneof, _), _)| oneof.is_required) {
            declared.push(format!("@NonNull {class} {name}"));
            kept.push((name, format!("Values.required({name}, {})", literal(&oneof.name))));
        }
        (declared, kept)
    }

    fn factory(&self, text: &mut Text) {
        let (declared, kept) = self.arguments();
        let promise = if kept.is_empty() { "Begins with nothing set." } else { "Begins with what must be set." };
        text.gap();
        text.javadoc(1, &[promise.to_owned()], &[]);
        text.line(1, "@NonNull");
        text.call(1, "public static Builder builder", &declared, " {");
        let names: Vec<String> = kept.iter().map(|(name, _)| (*name).to_owned()).collect();
        text.call(2, "return new Builder", &names, ";");
        text.line(1, "}");
    }

    fn oneof_getters(&self, text: &mut Text) {
        for oneof in self.oneofs() {
            text.gap();
            text.javadoc(1, &[format!("{{@code {}}}: one of several fields.", oneof.schema_name)], &[]);
            text.line(1, if oneof.is_required { "@NonNull" } else { "@Nullable" });
            text.line(1, &format!("public {} {}() {{", oneof.class, getter(oneof.name)));
            text.line(2, &format!("return this.{};", oneof.name));
            text.line(1, "}");
        }
    }

    fn event_name(&self, text: &mut Text) {
        let Some(event) = self.scope.event_of(self.at) else { return };
        text.gap();
        text.line(1, "@Override");
        text.line(1, "@NonNull");
        text.line(1, "public String eventName() {");
        text.line(2, &format!("return {};", literal(&event.name)));
        text.line(1, "}");
    }

    /// The fields by their numbers, those of oneofs where they stand.
    fn writer(&self, text: &mut Text) {
        text.gap();
        text.line(1, "@Override");
        text.block(1, "public void writeTo(@NonNull Writer out)", |text| self.fields_written(text));
    }

    fn fields_written(&self, text: &mut Text) {
        let oneofs: Vec<OneofMember<'_>> = self.oneofs().collect();
        for field in &self.message.fields {
            let Some(oneof) = field.oneof.and_then(|at| oneofs.get(at)) else {
                self.fields.iter().filter(|it| it.field.number == field.number).for_each(|it| it.write(text));
                continue;
            };
            let this = format!("this.{}", oneof.name);
            text.line(2, &format!("if ({this} != null && {this}.number() == {}) {{", field.number));
            text.line(3, &format!("{this}.writeTo(out);"));
            if field.is_required {
                text.line(2, "} else {");
                text.line(3, &format!("throw EventException.missing({});", literal(&field.name)));
            }
            text.line(2, "}");
        }
    }

    fn compared(&self, text: &mut Text) {
        let own = self.fields.iter().map(|field| literal(&field.field.name));
        let names: Vec<String> = own.chain(self.oneofs().map(|oneof| literal(oneof.schema_name))).collect();
        text.gap();
        text.lines(1, ["@Override", "protected String[] names() {"]);
        text.array(2, "String", &names);
        text.line(1, "}");
        let own = self.fields.iter().map(JavaField::compared);
        let values: Vec<String> = own.chain(self.oneofs().map(|oneof| format!("this.{}", oneof.name))).collect();
        text.gap();
        text.lines(1, ["@Override", "protected Object[] values() {"]);
        text.array(2, "Object", &values);
        text.line(1, "}");
    }

    fn builder(&self, text: &mut Text) {
        let (declared, kept) = self.arguments();
        text.gap();
        text.javadoc(1, &[format!("Makes {{@link {}}}.", self.name)], &[]);
        text.line(1, "public static final class Builder {");
        for field in self.fields {
            let declaration = format!("private {} {}", field.kept(), field.name);
            match field.unset() {
                Some(unset) => text.assign(2, &declaration, &unset),
                None => text.line(2, &format!("{declaration};")),
            }
        }
        for oneof in self.oneofs() {
            text.line(2, &format!("private {} {};", oneof.class, oneof.name));
        }
        if self.fields.len() + self.message.oneofs.len() > 0 {
            text.gap();
        }
        let bare: Vec<String> =
            declared.iter().map(|it| it.replace("@NonNull ", "").replace("@Nullable ", "")).collect();
        text.call(2, "private Builder", &bare, if kept.is_empty() { " {}" } else { " {" });
        for (name, value) in &kept {
            text.assign(3, &format!("this.{name}"), value);
        }
        if !kept.is_empty() {
            text.line(2, "}");
        }
        for field in self.fields {
            field.setters(text);
        }
        self.oneof_setters(text);
        text.gap();
        text.javadoc(2, &["The value, which never changes.".to_owned()], &[]);
        text.line(2, "@NonNull");
        text.line(2, &format!("public {} build() {{", self.name));
        text.line(3, &format!("return new {}(this);", self.name));
        text.line(2, "}");
        text.line(1, "}");
    }

    fn oneof_setters(&self, text: &mut Text) {
        for oneof in self.oneofs().filter(|oneof| !oneof.is_required) {
            text.gap();
            text.javadoc(2, &[format!("{{@code {}}}: one of several fields.", oneof.schema_name)], &[]);
            text.line(2, "@NonNull");
            text.call(
                2,
                &format!("public Builder {}", oneof.name),
                &[format!("@Nullable {} value", oneof.class)],
                " {",
            );
            text.line(3, &format!("this.{} = value;", oneof.name));
            text.line(3, "return this;");
            text.line(2, "}");
        }
    }
}
