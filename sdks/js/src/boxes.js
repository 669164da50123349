// Wrappers of scalars, and Any.

import { fail, implicit } from "./codec.js";
import { bytes } from "./numbers.js";

/** A google.protobuf.StringValue and the like: the bare value. */
export function wrapper(value, _, schema, type) {
  return implicit(schema, 1, type.charAt(1), value);
}

/** A google.protobuf.Any: its type's URL and its bytes. */
export function any(value) {
  if (typeof value != "object") fail("invalid_value");
  return implicit({ types: {} }, 1, "s", value.typeUrl || "") + implicit({ types: { y: bytes } }, 2, "y", value.value || []);
}
