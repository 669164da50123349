//! From descriptors to an image: names, paths and features are resolved once.

use super::wire::{EnumProto, FieldProto, FileProto, MessageProto, RangeProto, ServiceProto};
use super::{
    Cardinality, CppString, Element, Enum, EnumValue, Features, Field, File, Image, Kind, Locations, Message, Method,
    Presence, Range, Service, Syntax,
};
use crate::front::EDITION_2024;

/// `FieldDescriptorProto.Label`.
const LABEL_REQUIRED: i32 = 2;
const LABEL_REPEATED: i32 = 3;

/// Where an element is declared.
struct Scope<'a> {
    file: usize,
    syntax: Syntax,
    package: &'a str,
    /// The nested name of the message around it; empty at the top.
    outer: &'a str,
    features: Features,
}

impl Image {
    /// Adds a file whose names are resolved.
    pub(crate) fn add(&mut self, proto: FileProto, edition: Option<i32>, is_import: bool) {
        let syntax = match (edition, proto.syntax.as_str()) {
            (Some(edition), _) => Syntax::Edition(edition),
            (None, "proto3") => Syntax::Proto3,
            (None, _) => Syntax::Proto2,
        };
        let file = self.files.len();
        let options = proto.options.unwrap_or_default();
        let own = options.features.filter(|_| edition.is_some());
        let features = Features::of(syntax).with(own.as_ref());
        let scope = Scope { file, syntax, package: &proto.package, outer: "", features };
        for (index, message) in proto.message_type.into_iter().enumerate() {
            self.message(&scope, message, &[4, to_i32(index)], None);
        }
        for (index, declared) in proto.enum_type.into_iter().enumerate() {
            self.enumeration(&scope, declared, &[5, to_i32(index)]);
        }
        for (index, service) in proto.service.into_iter().enumerate() {
            self.service(&scope, service, &[6, to_i32(index)]);
        }
        for (index, extension) in proto.extension.into_iter().enumerate() {
            let field = field(&scope, extension, &[7, to_i32(index)], &Siblings::none());
            self.extensions.push(field);
        }
        self.file_by_path.insert(proto.name.clone(), file);
        let locations = Locations::new(proto.source_code_info.map(|info| info.location).unwrap_or_default());
        self.files.push(File { path: proto.name, package: proto.package, syntax, is_import, options, locations });
    }

    /// `map_field` is the map that the message is the entry of: the path of its type, and its features.
    fn message(&mut self, scope: &Scope<'_>, proto: MessageProto, path: &[i32], map: Option<(Vec<i32>, Features)>) {
        let element = scope.element(&proto.name, path);
        let options = proto.options.unwrap_or_default();
        let own = options.features.filter(|_| matches!(scope.syntax, Syntax::Edition(_)));
        let mut features = scope.features.with(own.as_ref());
        let map_type = map.map(|(path, of_map)| {
            // The options of a map hold for its keys and values.
            features = of_map;
            path
        });
        let inner = Scope { outer: &element.nested_name, features, ..*scope };
        let siblings = Siblings {
            parent: &proto.name,
            oneofs: &proto.oneof_decl,
            entries: proto
                .nested_type
                .iter()
                .filter(|nested| is_map_entry(nested))
                .map(|nested| nested.name.as_str())
                .collect(),
            is_map_entry: options.map_entry,
            map_type: map_type.as_deref(),
        };
        let synthetic: Vec<i32> =
            proto.field.iter().filter(|field| field.proto3_optional).filter_map(|field| field.oneof_index).collect();
        let fields: Vec<Field> = proto
            .field
            .into_iter()
            .enumerate()
            .map(|(index, proto)| field(&inner, proto, &[path, &[2, to_i32(index)]].concat(), &siblings))
            .collect();
        drop(siblings);
        for (index, nested) in proto.nested_type.into_iter().enumerate() {
            let map = is_map_entry(&nested).then(|| map_of(&fields, &element.full_name, &nested.name)).flatten();
            self.message(&inner, nested, &[path, &[3, to_i32(index)]].concat(), map);
        }
        for (index, declared) in proto.enum_type.into_iter().enumerate() {
            self.enumeration(&inner, declared, &[path, &[4, to_i32(index)]].concat());
        }
        for (index, extension) in proto.extension.into_iter().enumerate() {
            let field = field(&inner, extension, &[path, &[6, to_i32(index)]].concat(), &Siblings::none());
            self.extensions.push(field);
        }
        let oneofs = proto.oneof_decl.iter().enumerate();
        let message = Message {
            features,
            fields,
            oneofs: oneofs
                .filter(|(index, _)| !synthetic.contains(&to_i32(*index)))
                .map(|(_, oneof)| oneof.name.clone())
                .collect(),
            reserved_ranges: ranges(&proto.reserved_range, 1),
            reserved_names: proto.reserved_name,
            extension_ranges: ranges(&proto.extension_range, 1),
            map_type,
            is_message_set: options.message_set_wire_format,
            has_no_standard_descriptor_accessor: options.no_standard_descriptor_accessor,
            element,
        };
        self.message_by_name.insert(message.element.full_name.clone(), self.messages.len());
        self.messages.push(message);
    }

    fn enumeration(&mut self, scope: &Scope<'_>, proto: EnumProto, path: &[i32]) {
        let own = proto.options.and_then(|options| options.features);
        let own = own.filter(|_| matches!(scope.syntax, Syntax::Edition(_)));
        let declared = Enum {
            element: scope.element(&proto.name, path),
            features: scope.features.with(own.as_ref()),
            values: proto.value.into_iter().map(|value| EnumValue { name: value.name, number: value.number }).collect(),
            reserved_ranges: ranges(&proto.reserved_range, 0),
            reserved_names: proto.reserved_name,
        };
        self.enum_by_name.insert(declared.element.full_name.clone(), self.enums.len());
        self.enums.push(declared);
    }

    fn service(&mut self, scope: &Scope<'_>, proto: ServiceProto, path: &[i32]) {
        let methods = proto.method.into_iter().enumerate().map(|(index, method)| Method {
            name: method.name,
            path: [path, &[2, to_i32(index)]].concat(),
            input_type: without_dot(&method.input_type),
            output_type: without_dot(&method.output_type),
            client_streaming: method.client_streaming,
            server_streaming: method.server_streaming,
            idempotency_level: method.options.map(|options| options.idempotency_level).unwrap_or_default(),
        });
        let service = Service { element: scope.element(&proto.name, path), methods: methods.collect() };
        self.service_by_name.insert(service.element.full_name.clone(), self.services.len());
        self.services.push(service);
    }
}

impl Scope<'_> {
    fn element(&self, name: &str, path: &[i32]) -> Element {
        let nested_name = if self.outer.is_empty() { name.to_owned() } else { format!("{}.{name}", self.outer) };
        let full_name =
            if self.package.is_empty() { nested_name.clone() } else { format!("{}.{nested_name}", self.package) };
        Element { file: self.file, name: name.to_owned(), nested_name, full_name, path: path.to_vec() }
    }
}

/// What a field's meaning depends on beside itself.
struct Siblings<'a> {
    parent: &'a str,
    oneofs: &'a [super::wire::OneofProto],
    /// The names of the map entries of its message.
    entries: Vec<&'a str>,
    is_map_entry: bool,
    map_type: Option<&'a [i32]>,
}

impl Siblings<'_> {
    const fn none() -> Self {
        Self { parent: "", oneofs: &[], entries: Vec::new(), is_map_entry: false, map_type: None }
    }
}

fn field(scope: &Scope<'_>, proto: FieldProto, path: &[i32], siblings: &Siblings<'_>) -> Field {
    let options = proto.options.unwrap_or_default();
    let is_of_edition = matches!(scope.syntax, Syntax::Edition(_));
    let oneof = proto.oneof_index.and_then(|index| siblings.oneofs.get(usize::try_from(index).ok()?));
    let oneof = oneof.filter(|_| !proto.proto3_optional);
    let of_oneof = oneof.and_then(|oneof| oneof.options).and_then(|options| options.features);
    let features = scope
        .features
        .with(of_oneof.filter(|_| is_of_edition).as_ref())
        .with(options.features.filter(|_| is_of_edition).as_ref());
    let type_name = without_dot(&proto.type_name);
    let is_map = proto.label == LABEL_REPEATED
        && siblings.entries.iter().any(|entry| type_name.rsplit('.').next() == Some(entry))
        && type_name.strip_prefix(&scope.full_outer()).is_some_and(|rest| rest.starts_with('.'));
    let declared = kind(proto.r#type);
    let kind = match declared {
        Kind::Message if features.is_delimited && !is_map => Kind::Group,
        declared => declared,
    };
    let is_message = matches!(kind, Kind::Message | Kind::Group);
    let tracks = proto.proto3_optional || oneof.is_some() || is_message || !proto.extendee.is_empty();
    let required = proto.label == LABEL_REQUIRED || features.presence == Presence::Required;
    let cardinality = match proto.label {
        LABEL_REPEATED if is_map => Cardinality::Map,
        LABEL_REPEATED => Cardinality::Repeated,
        _ if required && oneof.is_none() => Cardinality::Required,
        _ if tracks || features.presence == Presence::Explicit => Cardinality::Explicit,
        _ => Cardinality::Implicit,
    };
    Field {
        element: scope.element(&proto.name, path),
        parent: siblings.parent.to_owned(),
        extendee: (!proto.extendee.is_empty()).then(|| without_dot(&proto.extendee)),
        number: proto.number,
        kind,
        type_name,
        cardinality,
        is_labelled_required: proto.label == LABEL_REQUIRED && !is_of_edition,
        oneof: oneof.map(|oneof| oneof.name.clone()),
        json_name: proto.json_name,
        default_value: proto.default_value,
        jstype: options.jstype,
        cpp_string: cpp_string(scope.syntax, options.ctype, features),
        features,
        is_of_map_entry: siblings.is_map_entry,
        map_type: siblings.map_type.map(<[i32]>::to_vec),
    }
}

impl Scope<'_> {
    fn full_outer(&self) -> String {
        if self.package.is_empty() { self.outer.to_owned() } else { format!("{}.{}", self.package, self.outer) }
    }
}

const fn cpp_string(syntax: Syntax, ctype: Option<i32>, features: Features) -> CppString {
    if matches!(syntax, Syntax::Edition(edition) if edition >= EDITION_2024) {
        return features.cpp_string;
    }
    match ctype {
        Some(0) => CppString::String,
        Some(1) => CppString::Cord,
        Some(2) => CppString::StringPiece,
        _ => features.cpp_string,
    }
}

/// The map whose entries `entry` is: the path of its type, and its features.
fn map_of(fields: &[Field], message: &str, entry: &str) -> Option<(Vec<i32>, Features)> {
    /// `FieldDescriptorProto.type_name`.
    const TYPE_NAME: i32 = 6;
    let whole = format!("{message}.{entry}");
    let map = fields.iter().find(|field| field.cardinality == Cardinality::Map && field.type_name == whole)?;
    Some(([map.element.path.as_slice(), &[TYPE_NAME]].concat(), map.features))
}

fn is_map_entry(message: &MessageProto) -> bool {
    message.options.as_ref().is_some_and(|options| options.map_entry)
}

/// `beyond` is 1 where the end of a range is the number after the last.
fn ranges(ranges: &[RangeProto], beyond: i64) -> Vec<Range> {
    ranges.iter().map(|range| Range { start: range.start.into(), end: i64::from(range.end) - beyond }).collect()
}

fn without_dot(name: &str) -> String {
    name.strip_prefix('.').unwrap_or(name).to_owned()
}

fn to_i32(index: usize) -> i32 {
    i32::try_from(index).unwrap_or(i32::MAX)
}

const fn kind(number: i32) -> Kind {
    match number {
        1 => Kind::Double,
        2 => Kind::Float,
        3 => Kind::Int64,
        4 => Kind::Uint64,
        6 => Kind::Fixed64,
        7 => Kind::Fixed32,
        8 => Kind::Bool,
        9 => Kind::String,
        10 => Kind::Group,
        11 => Kind::Message,
        12 => Kind::Bytes,
        13 => Kind::Uint32,
        14 => Kind::Enum,
        15 => Kind::Sfixed32,
        16 => Kind::Sfixed64,
        17 => Kind::Sint32,
        18 => Kind::Sint64,
        _ => Kind::Int32,
    }
}
