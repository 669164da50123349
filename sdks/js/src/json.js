// Struct, Value and ListValue from JSON's own values.

import { fail, field, level, utf8 } from "./codec.js";
import { double } from "./floats.js";
import { byFirst } from "./maps.js";

/** A google.protobuf.Value. */
export function value(it, depth) {
  if (it && typeof it.toJSON == "function") it = it.toJSON();
  if (it == null) return field(1, "e", "\0");
  if (typeof it == "number") return isFinite(it) ? field(2, "d", double(it)) : fail("invalid_value");
  if (typeof it == "string") return field(3, "s", utf8(it));
  if (it === !!it) return field(4, "b", it ? "\x01" : "\0");
  return Array.isArray(it) ? field(6, "m", list(it, level(depth + 1))) : field(5, "m", struct(it, level(depth + 1)));
}

/** A google.protobuf.ListValue. */
export function list(items, depth) {
  var out = "";
  if (!Array.isArray(items)) fail("invalid_value");
  for (var at = 0; at < items.length; at++) out += field(1, "m", value(items[at], level(depth + 1)));
  return out;
}

/** A google.protobuf.Struct, its entries by key; what is undefined is left out, as in JSON. */
export function struct(object, depth) {
  if (Object.prototype.toString.call(object) != "[object Object]") fail("invalid_value");
  var keys = Object.keys(object).filter(function (key) {
    return object[key] !== undefined;
  });
  return keys
    .map(function (key) {
      return [utf8(key), key];
    })
    .sort(byFirst)
    .map(function (pair) {
      // An entry is a message, and the value in it another.
      return field(1, "m", field(1, "s", pair[0]) + field(2, "m", value(object[pair[1]], level(depth + 2))));
    })
    .join("");
}
