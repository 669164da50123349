// Floats and doubles.

import { fail } from "./codec.js";

function bytesOf(view, value) {
  var out = "";
  if (typeof value != "number") fail("invalid_value");
  for (var at = view.byteLength; at--; ) out += String.fromCharCode(view.getUint8(at));
  return out;
}

/** A double of eight bytes. */
export function double(value) {
  var view = new DataView(new ArrayBuffer(8));
  // Of all that is no number the one that every language writes.
  view.setFloat64(0, value === value ? value : NaN);
  return bytesOf(view, value);
}

/** A float of four bytes; one that is too large is an error. */
export function float(value) {
  var view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value === value ? value : NaN);
  if (Math.abs(view.getFloat32(0)) == Infinity && Math.abs(value) < Infinity) fail("out_of_range");
  return bytesOf(view, value);
}
