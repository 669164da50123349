// Floats and doubles.

import { fail } from "./codec.js";

var view = new DataView(new ArrayBuffer(8));

function ieee(value, size) {
  var out = "";
  if (typeof value != "number") fail("invalid_value");
  if (value !== value) value = NaN;
  if (size > 4) view.setFloat64(0, value);
  else {
    view.setFloat32(0, value);
    if (Math.abs(view.getFloat32(0)) == Infinity && Math.abs(value) != Infinity) fail("out_of_range");
  }
  while (size--) out += String.fromCharCode(view.getUint8(size));
  return out;
}

/** A double of eight bytes. */
export function double(value) {
  return ieee(value, 8);
}

/** A float of four bytes; one that is too large is an error. */
export function float(value) {
  return ieee(value, 4);
}
