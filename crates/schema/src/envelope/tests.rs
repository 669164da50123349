//! The structs are those of the `.proto` file, and an event's own context wins.

use prost_reflect::{Cardinality, DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, Value};

use super::*;
use crate::compile::{Source, SourceText, compile};

/// The message with every field set to what is not its default.
fn filled(message: &MessageDescriptor, depth: u32) -> DynamicMessage {
    let mut filled = DynamicMessage::new(message.clone());
    for field in message.fields().filter(|_| depth < 4) {
        let value = value(&field, depth);
        let value = match field.cardinality() {
            _ if field.is_map() => {
                let Kind::Message(entry) = field.kind() else { panic!("{field:?}") };
                let inner = self::value(&entry.map_entry_value_field(), depth);
                Value::Map([(MapKey::String("k".to_owned()), inner)].into_iter().collect())
            }
            Cardinality::Repeated => Value::List(vec![value.clone(), value]),
            _ => value,
        };
        filled.set_field(&field, value);
    }
    filled
}

fn value(field: &FieldDescriptor, depth: u32) -> Value {
    // Distinct values, so that two fields that change places are seen.
    let number = field.number();
    match field.kind() {
        Kind::String => Value::String(format!("text {number}")),
        Kind::Bytes => Value::Bytes(vec![1, u8::try_from(number).unwrap()].into()),
        Kind::Bool => Value::Bool(true),
        Kind::Int32 => Value::I32(-i32::try_from(number).unwrap()),
        Kind::Int64 => Value::I64(-i64::from(number)),
        Kind::Uint32 => Value::U32(u32::MAX - number),
        Kind::Uint64 => Value::U64(u64::MAX - u64::from(number)),
        Kind::Double => Value::F64(f64::from(number)),
        Kind::Enum(_) => Value::EnumNumber(1),
        Kind::Message(inner) => Value::Message(filled(&inner, depth + 1)),
        other => panic!("{other:?}"),
    }
}

fn holds<M: Message + Default>(pool: &prost_reflect::DescriptorPool, name: &str) {
    let message = pool.get_message_by_name(name).unwrap();
    let sent = filled(&message, 0);
    let ours = M::decode(sent.encode_to_vec().as_slice()).unwrap();
    let back = DynamicMessage::decode(message, ours.encode_to_vec().as_slice()).unwrap();
    assert_eq!(back, sent, "{name}");
}

#[test]
fn the_structs_are_those_of_the_proto_file() {
    let user = "syntax = \"proto3\"; import \"judi/v1/event.proto\"; message A { judi.v1.Event e = 1; }";
    let sources = [Source { name: "a.proto".to_owned(), text: SourceText::Proto(user.to_owned()) }];
    let pool = compile(&sources).unwrap().pool;
    holds::<EventBatch>(&pool, "judi.v1.EventBatch");
    holds::<Event>(&pool, "judi.v1.Event");
    holds::<Context>(&pool, "judi.v1.Context");
    holds::<Envelope>(&pool, "judi.v1.Envelope");
    holds::<QuarantinedEvent>(&pool, "judi.v1.QuarantinedEvent");
    // No message was forgotten above.
    let messages = pool.all_messages().filter(|message| message.full_name().starts_with("judi.v1."));
    assert_eq!(messages.count(), 5);
}

#[test]
fn an_events_own_context_wins_field_by_field() {
    let base = Context { anonymous_id: "a".to_owned(), app: "news".to_owned(), ..Context::default() };
    let own = Context { app: "play".to_owned(), os: "ios".to_owned(), ..Context::default() };
    let expected =
        Context { anonymous_id: "a".to_owned(), app: "play".to_owned(), os: "ios".to_owned(), ..Context::default() };
    assert_eq!(base.overridden_by(&own), expected);
}

#[test]
fn the_partition_follows_the_first_id_there_is() {
    let context = |anonymous: &str, user: &str| {
        Some(Context { anonymous_id: anonymous.to_owned(), user_id: user.to_owned(), ..Context::default() })
    };
    let envelope = |context| Envelope { event_id: "e".to_owned(), context, ..Envelope::default() };
    assert_eq!(envelope(context("a", "u")).partition_key(), "a");
    assert_eq!(envelope(context("", "u")).partition_key(), "u");
    assert_eq!(envelope(context("", "")).partition_key(), "e");
    assert_eq!(envelope(None).partition_key(), "e");
}

#[test]
fn no_fields_json_name_is_another_fields_name() {
    // Some runtimes refuse a file in which the two meet, since JSON may use either.
    let user = "syntax = \"proto3\"; import \"judi/v1/event.proto\"; message A { judi.v1.Event e = 1; }";
    let pool =
        compile(&[Source { name: "a.proto".to_owned(), text: SourceText::Proto(user.to_owned()) }]).unwrap().pool;
    for message in pool.all_messages().filter(|message| message.package_name().starts_with("judi")) {
        for field in message.fields() {
            let other = message.get_field_by_name(field.json_name());
            assert!(other.is_none_or(|other| other == field), "{}", field.full_name());
        }
    }
}
