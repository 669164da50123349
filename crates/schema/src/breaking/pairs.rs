//! What of the previous state is in the current one: the pairs that most rules compare.

use std::collections::HashMap;

use super::image::{Enum, Field, File, Image, Message, Method, Service};

/// Pairs, the current one first.
pub(super) struct Pairs<'a> {
    pub(super) files: Vec<(usize, usize)>,
    pub(super) messages: Vec<(&'a Message, &'a Message)>,
    pub(super) enums: Vec<(&'a Enum, &'a Enum)>,
    /// Fields by message and number, then extensions by what they extend and number.
    pub(super) fields: Vec<(&'a Field, &'a Field)>,
    pub(super) services: Vec<(&'a Service, &'a Service)>,
    pub(super) methods: Vec<(Pair<'a, Service>, Pair<'a, Method>)>,
}

/// The current state of something, and the previous one.
pub(super) struct Pair<'a, T> {
    pub(super) current: &'a T,
    pub(super) previous: &'a T,
}

impl<'a> Pairs<'a> {
    pub(super) fn new(current: &'a Image, previous: &'a Image) -> Self {
        let files = previous.files.iter().enumerate();
        let messages = matched(&current.messages, &current.message_by_name, &previous.messages, |message| {
            &message.element.full_name
        });
        let services = matched(&current.services, &current.service_by_name, &previous.services, |service| {
            &service.element.full_name
        });
        let mut fields = Vec::new();
        for (current, previous) in &messages {
            let by_number: HashMap<i32, &Field> = current.fields.iter().map(|field| (field.number, field)).collect();
            let pair = |field: &'a Field| Some((*by_number.get(&field.number)?, field));
            fields.extend(previous.fields.iter().filter_map(pair));
        }
        fields.extend(extensions(current, previous));
        let mut methods = Vec::new();
        for &(current, previous) in &services {
            for method in &previous.methods {
                if let Some(now) = current.methods.iter().find(|now| now.name == method.name) {
                    methods.push((Pair { current, previous }, Pair { current: now, previous: method }));
                }
            }
        }
        Self {
            files: files.filter_map(|(index, file)| Some((*current.file_by_path.get(&file.path)?, index))).collect(),
            enums: matched(&current.enums, &current.enum_by_name, &previous.enums, |one| &one.element.full_name),
            messages,
            fields,
            services,
            methods,
        }
    }

    /// The files, with the states that they are in.
    pub(super) fn files_of(
        &self,
        current: &'a Image,
        previous: &'a Image,
    ) -> impl Iterator<Item = (&'a File, &'a File)> {
        self.files.iter().filter_map(|(now, before)| Some((current.files.get(*now)?, previous.files.get(*before)?)))
    }
}

fn matched<'a, T>(
    current: &'a [T],
    by_name: &HashMap<String, usize>,
    previous: &'a [T],
    name: impl Fn(&T) -> &String,
) -> Vec<(&'a T, &'a T)> {
    previous.iter().filter_map(|before| Some((current.get(*by_name.get(name(before))?)?, before))).collect()
}

fn extensions<'a>(current: &'a Image, previous: &'a Image) -> Vec<(&'a Field, &'a Field)> {
    let key = |field: &'a Field| (field.extendee.as_deref().unwrap_or_default(), field.number);
    let by_key: HashMap<(&str, i32), &Field> = current.extensions.iter().map(|field| (key(field), field)).collect();
    previous.extensions.iter().filter_map(|field| Some((*by_key.get(&key(field))?, field))).collect()
}
