"""What a body of `POST /v1/events` says, in both of its forms: protobuf's `judi.v1.EventBatch`, and JSON."""
import base64
import gzip
import json
from datetime import datetime

BATCH = {1: "sent_at", 2: "context", 3: "events", 4: "write_key", 5: "sent_monotonic_ms", 6: "round_trip_ms"}
EVENT = {1: "event_id", 2: "event", 3: "occurred_at", 4: "sequence", 5: "monotonic_ms", 6: "schema_version", 7: "context",
         8: "payload", 9: "payload_fields"}
CONTEXT = dict(enumerate(
    "anonymous_id user_id session_id app app_version platform os device locale page_url page_path referrer utm_source "
    "utm_medium utm_campaign utm_term utm_content consent sdk sdk_version".split(), 1))
TEXTS = set(CONTEXT.values()) | {"event_id", "event", "write_key"}


class Unreadable(Exception):
    """The body is no batch."""


def read(body, content_type, encoding):
    """The batch as a dictionary: times in nanoseconds since 1970, payloads in hex."""
    try:
        if encoding == "gzip":
            body = gzip.decompress(body)
        elif encoding not in ("", "identity"):
            raise Unreadable(f"the encoding {encoding}")
        kind = content_type.split(";")[0].strip().lower()
        if kind == "application/x-protobuf":
            batch = message(body, BATCH)
            batch.setdefault("events", [])
            return "protobuf", batch
        if kind in ("text/plain", "application/json"):
            return "json", of_json(json.loads(body.decode("utf-8")))
        raise Unreadable(f"the type {content_type!r}")
    except (ValueError, IndexError, KeyError, TypeError, AttributeError, OSError, EOFError) as error:
        raise Unreadable(f"{type(error).__name__}: {error}") from error


def varint(data, at):
    word, shift = 0, 0
    while True:
        byte = data[at]
        at += 1
        word |= (byte & 0x7F) << shift
        if byte < 0x80:
            return word, at
        shift += 7
        if shift > 63:
            raise ValueError("a varint over 64 bits")


def fields(data):
    """Number, wire type and value of each field."""
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        wire = tag & 7
        if wire == 0:
            value, at = varint(data, at)
        elif wire == 2:
            length, at = varint(data, at)
            if at + length > len(data):
                raise ValueError("cut off")
            value, at = data[at:at + length], at + length
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
            if at + size > len(data):
                raise ValueError("cut off")
            value, at = data[at:at + size], at + size
        else:
            raise ValueError(f"wire type {wire}")
        yield tag >> 3, value


def message(data, names):
    read_message = {}
    for number, value in fields(data):
        name = names.get(number)
        if name is None:
            raise ValueError(f"field {number} is not known")
        if name in ("sent_at", "occurred_at"):
            parts = dict(fields(value))
            read_message[name] = signed(parts.get(1, 0)) * 1_000_000_000 + signed(parts.get(2, 0))
        elif name == "context":
            read_message[name] = message(value, CONTEXT)
        elif name == "events":
            read_message.setdefault(name, []).append(message(value, EVENT))
        elif name in ("payload", "payload_fields"):
            read_message[name] = value.hex()
        elif name in TEXTS:
            read_message[name] = value.decode("utf-8")
        else:
            read_message[name] = value
    return read_message


def signed(word):
    return word - (1 << 64) if word >> 63 else word


def of_json(value):
    batch = {snake(name): it for name, it in value.items()}
    if "sent_at" in batch:
        batch["sent_at"] = nanoseconds(batch["sent_at"])
    batch["context"] = {snake(name): it for name, it in batch.get("context", {}).items()}
    batch["events"] = [event_of_json(event) for event in batch.get("events", [])]
    for name in ("sent_monotonic_ms", "round_trip_ms"):
        if name in batch:
            batch[name] = int(batch[name])
    return batch


def event_of_json(value):
    event = {snake(name): it for name, it in value.items()}
    if "occurred_at" in event:
        event["occurred_at"] = nanoseconds(event["occurred_at"])
    if "context" in event:
        event["context"] = {snake(name): it for name, it in event["context"].items()}
    for name in ("sequence", "monotonic_ms", "schema_version"):
        if name in event:
            event[name] = int(event[name])
    event["payload"] = base64.b64decode(event.pop("payload_bytes", ""), validate=True).hex()
    return event


def snake(name):
    return "".join("_" + it.lower() if it.isupper() else it for it in name)


def nanoseconds(text):
    """Of RFC 3339."""
    whole, _, fraction = text.rstrip("Zz").partition(".")
    if text[-1] not in "Zz":
        raise ValueError(f"{text!r} is not in UTC")
    seconds = int(datetime.fromisoformat(whole + "+00:00").timestamp())
    return seconds * 1_000_000_000 + int((fraction + "000000000")[:9] or 0)
