// The scalars that few schemas have: fixed and zigzag numbers, and bytes.

import { fail, varint, whole } from "./codec.js";

function four(value) {
  return String.fromCharCode(value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24);
}

/** Four or eight bytes, the lowest first. */
export function fixed(value, _, schema, type) {
  var halves = whole(value, type);
  return four(halves[0]) + (/[wr]/.test(type) ? four(halves[1]) : "");
}

/** A number whose sign is its lowest bit. */
export function zigzag(value, _, schema, type) {
  var halves = whole(value, type);
  var low = halves[0];
  var high = halves[1];
  var sign = -(high >>> 31);
  var raised = (((high << 1) | (low >>> 31)) ^ sign) >>> 0;
  return varint(((low << 1) ^ sign) >>> 0, type == "c" ? raised : 0);
}

/** Bytes, of an array, a typed array or a buffer. */
export function bytes(value) {
  var out = "";
  if (!value || typeof value != "object" || !(value.byteLength >= 0 || value.length >= 0)) fail("invalid_value");
  if (value.length == null) value = new Uint8Array(value);
  for (var at = 0; at < value.length; at++) out += String.fromCharCode(value[at] & 255);
  return out;
}
