//! `google.protobuf.FileDescriptorProto`, as far as the rules look at it, editions and features included.

use prost::Message;

#[derive(Clone, PartialEq, Message)]
pub(crate) struct FileProto {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(string, tag = "2")]
    pub(crate) package: String,
    #[prost(message, repeated, tag = "4")]
    pub(crate) message_type: Vec<MessageProto>,
    #[prost(message, repeated, tag = "5")]
    pub(crate) enum_type: Vec<EnumProto>,
    #[prost(message, repeated, tag = "6")]
    pub(crate) service: Vec<ServiceProto>,
    #[prost(message, repeated, tag = "7")]
    pub(crate) extension: Vec<FieldProto>,
    #[prost(message, optional, tag = "8")]
    pub(crate) options: Option<FileOptions>,
    #[prost(message, optional, tag = "9")]
    pub(crate) source_code_info: Option<SourceCodeInfo>,
    #[prost(string, tag = "12")]
    pub(crate) syntax: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct SourceCodeInfo {
    #[prost(message, repeated, tag = "1")]
    pub(crate) location: Vec<LocationProto>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct LocationProto {
    #[prost(int32, repeated, tag = "1")]
    pub(crate) path: Vec<i32>,
    #[prost(int32, repeated, tag = "2")]
    pub(crate) span: Vec<i32>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct FileOptions {
    #[prost(string, tag = "1")]
    pub(crate) java_package: String,
    #[prost(string, tag = "8")]
    pub(crate) java_outer_classname: String,
    #[prost(int32, optional, tag = "9")]
    pub(crate) optimize_for: Option<i32>,
    #[prost(bool, tag = "10")]
    pub(crate) java_multiple_files: bool,
    #[prost(string, tag = "11")]
    pub(crate) go_package: String,
    #[prost(bool, tag = "16")]
    pub(crate) cc_generic_services: bool,
    #[prost(bool, tag = "17")]
    pub(crate) java_generic_services: bool,
    #[prost(bool, tag = "18")]
    pub(crate) py_generic_services: bool,
    #[prost(bool, optional, tag = "27")]
    pub(crate) java_string_check_utf8: Option<bool>,
    #[prost(bool, optional, tag = "31")]
    pub(crate) cc_enable_arenas: Option<bool>,
    #[prost(string, tag = "36")]
    pub(crate) objc_class_prefix: String,
    #[prost(string, tag = "37")]
    pub(crate) csharp_namespace: String,
    #[prost(string, tag = "39")]
    pub(crate) swift_prefix: String,
    #[prost(string, tag = "40")]
    pub(crate) php_class_prefix: String,
    #[prost(string, tag = "41")]
    pub(crate) php_namespace: String,
    #[prost(string, tag = "44")]
    pub(crate) php_metadata_namespace: String,
    #[prost(string, tag = "45")]
    pub(crate) ruby_package: String,
    #[prost(message, optional, tag = "50")]
    pub(crate) features: Option<FeatureSet>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct MessageProto {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(message, repeated, tag = "2")]
    pub(crate) field: Vec<FieldProto>,
    #[prost(message, repeated, tag = "3")]
    pub(crate) nested_type: Vec<Self>,
    #[prost(message, repeated, tag = "4")]
    pub(crate) enum_type: Vec<EnumProto>,
    #[prost(message, repeated, tag = "5")]
    pub(crate) extension_range: Vec<RangeProto>,
    #[prost(message, repeated, tag = "6")]
    pub(crate) extension: Vec<FieldProto>,
    #[prost(message, optional, tag = "7")]
    pub(crate) options: Option<MessageOptions>,
    #[prost(message, repeated, tag = "8")]
    pub(crate) oneof_decl: Vec<OneofProto>,
    #[prost(message, repeated, tag = "9")]
    pub(crate) reserved_range: Vec<RangeProto>,
    #[prost(string, repeated, tag = "10")]
    pub(crate) reserved_name: Vec<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct MessageOptions {
    #[prost(bool, tag = "1")]
    pub(crate) message_set_wire_format: bool,
    #[prost(bool, tag = "2")]
    pub(crate) no_standard_descriptor_accessor: bool,
    #[prost(bool, tag = "7")]
    pub(crate) map_entry: bool,
    #[prost(message, optional, tag = "12")]
    pub(crate) features: Option<FeatureSet>,
}

#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub(crate) struct RangeProto {
    #[prost(int32, tag = "1")]
    pub(crate) start: i32,
    #[prost(int32, tag = "2")]
    pub(crate) end: i32,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct OneofProto {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(message, optional, tag = "2")]
    pub(crate) options: Option<OneofOptions>,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub(crate) struct OneofOptions {
    #[prost(message, optional, tag = "1")]
    pub(crate) features: Option<FeatureSet>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct FieldProto {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(string, tag = "2")]
    pub(crate) extendee: String,
    #[prost(int32, tag = "3")]
    pub(crate) number: i32,
    #[prost(int32, tag = "4")]
    pub(crate) label: i32,
    #[prost(int32, tag = "5")]
    pub(crate) r#type: i32,
    #[prost(string, tag = "6")]
    pub(crate) type_name: String,
    #[prost(string, optional, tag = "7")]
    pub(crate) default_value: Option<String>,
    #[prost(message, optional, tag = "8")]
    pub(crate) options: Option<FieldOptions>,
    #[prost(int32, optional, tag = "9")]
    pub(crate) oneof_index: Option<i32>,
    #[prost(string, tag = "10")]
    pub(crate) json_name: String,
    #[prost(bool, tag = "17")]
    pub(crate) proto3_optional: bool,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub(crate) struct FieldOptions {
    #[prost(int32, optional, tag = "1")]
    pub(crate) ctype: Option<i32>,
    #[prost(int32, tag = "6")]
    pub(crate) jstype: i32,
    #[prost(message, optional, tag = "21")]
    pub(crate) features: Option<FeatureSet>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct EnumProto {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(message, repeated, tag = "2")]
    pub(crate) value: Vec<EnumValueProto>,
    #[prost(message, optional, tag = "3")]
    pub(crate) options: Option<EnumOptions>,
    #[prost(message, repeated, tag = "4")]
    pub(crate) reserved_range: Vec<RangeProto>,
    #[prost(string, repeated, tag = "5")]
    pub(crate) reserved_name: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub(crate) struct EnumOptions {
    #[prost(message, optional, tag = "7")]
    pub(crate) features: Option<FeatureSet>,
}

#[derive(Clone, PartialEq, Eq, Message)]
pub(crate) struct EnumValueProto {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(int32, tag = "2")]
    pub(crate) number: i32,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ServiceProto {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(message, repeated, tag = "2")]
    pub(crate) method: Vec<MethodProto>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct MethodProto {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(string, tag = "2")]
    pub(crate) input_type: String,
    #[prost(string, tag = "3")]
    pub(crate) output_type: String,
    #[prost(message, optional, tag = "4")]
    pub(crate) options: Option<MethodOptions>,
    #[prost(bool, tag = "5")]
    pub(crate) client_streaming: bool,
    #[prost(bool, tag = "6")]
    pub(crate) server_streaming: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub(crate) struct MethodOptions {
    #[prost(int32, tag = "34")]
    pub(crate) idempotency_level: i32,
}

/// `google.protobuf.FeatureSet` with the extensions of C++ and Java.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub(crate) struct FeatureSet {
    #[prost(int32, optional, tag = "1")]
    pub(crate) field_presence: Option<i32>,
    #[prost(int32, optional, tag = "2")]
    pub(crate) enum_type: Option<i32>,
    #[prost(int32, optional, tag = "4")]
    pub(crate) utf8_validation: Option<i32>,
    #[prost(int32, optional, tag = "5")]
    pub(crate) message_encoding: Option<i32>,
    #[prost(int32, optional, tag = "6")]
    pub(crate) json_format: Option<i32>,
    #[prost(message, optional, tag = "1000")]
    pub(crate) cpp: Option<CppFeatures>,
    #[prost(message, optional, tag = "1001")]
    pub(crate) java: Option<JavaFeatures>,
}

#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub(crate) struct CppFeatures {
    #[prost(int32, optional, tag = "2")]
    pub(crate) string_type: Option<i32>,
}

#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub(crate) struct JavaFeatures {
    #[prost(int32, optional, tag = "2")]
    pub(crate) utf8_validation: Option<i32>,
}
