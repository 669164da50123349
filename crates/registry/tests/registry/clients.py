"""Confluent's stock Python client against Judi's registry: clients.py URL FOLDER, with records as JSON on standard input."""

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor

from confluent_kafka.schema_registry import Schema, SchemaReference, SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError
from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer, ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from grpc_tools import protoc

URL, FOLDER = sys.argv[1:3]


def new_client():
    """A client that has cached nothing."""
    return SchemaRegistryClient({"url": URL, "max.retries": 0})


def refused(code, call, *arguments, **named):
    try:
        answer = call(*arguments, **named)
    except SchemaRegistryError as error:
        assert error.error_code == code, error
        return error
    raise AssertionError(f"expected {code}, and it was {answer}")


def compile_protos(name, files):
    """protoc's descriptors of `files`, by import names, with all imports."""
    folder = os.path.join(FOLDER, name)
    for path, text in files.items():
        path = os.path.join(folder, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    out = os.path.join(folder, "out.binpb")
    google = os.path.join(os.path.dirname(protoc.__file__), "_proto")
    arguments = ["protoc", f"-I{folder}", f"-I{google}", "--include_imports", f"--descriptor_set_out={out}"]
    assert protoc.main(arguments + list(files)) == 0, f"protoc refuses {name}"
    with open(out, "rb") as file:
        pool = descriptor_pool.DescriptorPool()
        for proto in descriptor_pb2.FileDescriptorSet.FromString(file.read()).file:
            pool.Add(proto)
    return pool


def message_class(pool, name):
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(name))


def fetch(client, schema, files):
    for reference in schema.references or []:
        version = client.get_version(reference.subject, reference.version)
        files[reference.name] = version.schema.schema_str
        fetch(client, version.schema, files)


def value_at(message, path):
    for name in path.split("."):
        message = getattr(message, name)
    return message


def read_records(records):
    """By the id in the frame: text and references through protoc, then the stock deserializer."""
    client = new_client()
    for record in records:
        data = bytes.fromhex(record["bytes"])
        schema = client.get_schema(int.from_bytes(data[1:5], "big"))
        files = {"main.proto": schema.schema_str}
        fetch(client, schema, files)
        pool = compile_protos(f"record-{record['message']}", files)
        # A client's cache does not tell texts from descriptors, so that the deserializer gets one of its own.
        deserializer = ProtobufDeserializer(message_class(pool, record["message"]), {}, new_client())
        message = deserializer(data, SerializationContext(record["topic"], MessageField.VALUE))
        for path, expected in record["expected"].items():
            assert value_at(message, path) == expected, (record["message"], path, value_at(message, path))


FILES = {
    "orders/types.proto": 'syntax = "proto3"; package orders; message Item { string sku = 1; int32 count = 2; }',
    "orders/order.proto": """syntax = "proto3"; package orders;
        import "orders/types.proto"; import "google/protobuf/timestamp.proto";
        // An order.
        message Order { string id = 1; repeated Item items = 2; google.protobuf.Timestamp at = 3; map<string, Item> by_sku = 4;
          optional string note = 5; oneof how { string mail = 6; Item pick_up = 7; } message Line { int32 n = 1; } }
        message Refund { string order_id = 1; }""",
}


def round_trip():
    """The stock serializer registers by itself, and a stock deserializer of another client reads."""
    pool = compile_protos("orders", FILES)
    for name, values in [("orders.Order", {"id": "o1", "note": ""}), ("orders.Refund", {"order_id": "o1"}), ("orders.Order.Line", {"n": 7})]:
        cls = message_class(pool, name)
        topic = name.rsplit(".", maxsplit=1)[-1].lower()
        context = SerializationContext(topic, MessageField.VALUE)
        data = ProtobufSerializer(cls, new_client(), {})(cls(**values), context)
        assert int.from_bytes(data[1:5], "big") > 1_000_000, data
        assert ProtobufDeserializer(cls, {}, new_client())(data, context) == cls(**values)
        # Without registering, by what is there; and by the newest version.
        confs = [{"auto.register.schemas": False}, {"normalize.schemas": True}]
        if not cls.DESCRIPTOR.containing_type:
            # The client looks for messages of the newest version among those that are not nested.
            confs.append({"auto.register.schemas": False, "use.latest.version": True})
        for conf in confs:
            assert ProtobufSerializer(cls, new_client(), conf)(cls(**values), context) == data, conf
        assert ProtobufDeserializer(cls, {"use.latest.version": True}, new_client())(data, context) == cls(**values)
    assert new_client().get_versions("orders/types.proto") == [1]
    with ThreadPoolExecutor(8) as threads:
        ids = set(threads.map(lambda _: new_client().register_schema("parallel", Schema(FILES["orders/types.proto"], "PROTOBUF")), range(24)))
    assert len(ids) == 1, ids


def every_call():
    client = new_client()
    schema = Schema('syntax = "proto3"; message M { string a = 1; }', "PROTOBUF")
    worse = Schema('syntax = "proto3"; message M { int32 a = 1; }', "PROTOBUF")
    better = Schema('syntax = "proto3"; message M { string a = 1; optional int32 b = 2; }', "PROTOBUF")
    assert client.get_schema_types() == ["PROTOBUF"]
    assert client.get_contexts() == ["."]
    registered = client.register_schema_full_response("s", schema)
    assert (registered.version, registered.subject) == (1, "s") and registered.guid, registered
    assert client.register_schema("s", schema) == registered.schema_id
    assert new_client().get_schema_by_guid(registered.guid).schema_str == schema.schema_str
    assert new_client().get_schema(registered.schema_id).schema_str == schema.schema_str
    assert client.get_subjects_by_schema_id(registered.schema_id) == ["s"]
    assert [(use.subject, use.version) for use in client.get_schema_versions(registered.schema_id)] == [("s", 1)]
    assert client.lookup_schema("s", schema).version == 1
    assert "s" in client.get_subjects()
    assert client.get_latest_version("s").schema_id == registered.schema_id
    assert client.test_compatibility("s", better) and not client.test_compatibility("s", worse, verbose=True)
    assert client.test_compatibility_all_versions("s", better) and not client.test_compatibility_all_versions("s", worse)
    assert "FIELD_SCALAR_KIND_CHANGED at #/M/1" in str(refused(409, client.register_schema, "s", worse))
    assert client.register_schema("s", better) != registered.schema_id
    assert client.get_versions("s") == [1, 2]
    assert client.get_referenced_by("orders/types.proto", 1) != []

    assert client.set_compatibility(level="FULL_TRANSITIVE") == {"compatibility": "FULL_TRANSITIVE"}
    assert client.get_compatibility() == "FULL_TRANSITIVE"
    refused(40408, client.get_compatibility, "s")
    assert client.set_compatibility("s", "NONE") == {"compatibility": "NONE"}
    assert client.get_compatibility("s") == "NONE"
    assert client.get_config("s").compatibility_level.value == "NONE"
    client.delete_config("s")
    client.delete_config()
    assert client.get_compatibility() == "BACKWARD"
    assert client.get_global_mode() == "READWRITE"
    assert client.update_mode("s", "READONLY") == "READONLY"
    assert client.get_mode("s") == "READONLY"
    refused(42205, new_client().register_schema, "s", Schema('syntax = "proto3"; message N {} message M {}', "PROTOBUF"))
    assert client.delete_mode("s") == "READONLY"
    assert client.update_global_mode("READWRITE", force=True) == "READWRITE"

    assert client.delete_version("s", 1) == 1
    assert client.get_versions("s") == [2] and client.get_versions("s", deleted=True) == [1, 2]
    assert client.delete_version("s", 1, permanent=True) == 1
    refused(40405, client.delete_subject, "s", permanent=True)
    assert client.delete_subject("s") == [2]
    refused(40404, client.delete_subject, "s")
    assert client.delete_subject("s", permanent=True) == [2]
    refused(40401, client.get_versions, "s")
    refused(40401, client.get_latest_version, "none")
    refused(40402, client.get_version, "orders/types.proto", 9)
    refused(40403, client.get_schema, 77)
    refused(42201, client.register_schema, "x", Schema('{"type": "string"}', "AVRO"))
    refused(42206, client.delete_version, "orders/types.proto", 1)
    reference = SchemaReference("missing.proto", "missing", 1)
    refused(42201, client.register_schema, "x", Schema('syntax = "proto3"; import "missing.proto";', "PROTOBUF", [reference]))


def the_projects_own():
    client = new_client()
    assert client.get_versions("events-value") == [1, 2]
    assert client.get_mode("events-value") == "READONLY"
    assert "judi schema publish" in str(refused(42205, client.register_schema, "events-value", Schema('syntax = "proto3";', "PROTOBUF")))
    refused(42205, client.delete_subject, "events-value")
    # A producer that is compiled from the project's own files finds them registered.
    latest = client.get_latest_version("events-value")
    files = {}
    fetch(client, latest.schema, files)
    pool = compile_protos("own", files)
    cls = message_class(pool, "news.v1.ArticleView")
    context = SerializationContext("views", MessageField.VALUE)
    data = ProtobufSerializer(cls, new_client(), {})(cls(article_id="x"), context)
    assert ProtobufDeserializer(cls, {}, new_client())(data, context).article_id == "x"
    assert client.get_versions("news/v1/types.proto") == [1, 2], "nothing was added"


def main():
    records = json.load(sys.stdin)
    read_records(records)
    round_trip()
    every_call()
    the_projects_own()
    print(f"records {len(records)}, checks passed")


main()
