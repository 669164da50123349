// Floats and doubles by arithmetic alone: old televisions have no typed arrays.

import { fail } from "./codec.js";

function four(value) {
  return String.fromCharCode(value % 256, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24);
}

/** IEEE 754, ties to even, with so many bits of exponent and mantissa. */
function ieee(value, exponentBits, bits) {
  if (typeof value != "number") fail("invalid_value");
  var bias = Math.pow(2, exponentBits - 1) - 1;
  var size = Math.abs(value);
  var exponent = 2 * bias + 1;
  var mantissa = value !== value ? Math.pow(2, bits - 1) : 0;
  if (size < Infinity) {
    exponent = Math.max(1 - bias, Math.min(bias, Math.floor(Math.log(size) / Math.LN2)));
    if (size < Math.pow(2, exponent) && exponent > 1 - bias) exponent--;
    if (size / 2 >= Math.pow(2, exponent)) exponent++;
    var scaled = size / Math.pow(2, exponent - bits);
    mantissa = Math.floor(scaled);
    scaled -= mantissa;
    if (scaled > 0.5 || (scaled == 0.5 && mantissa % 2)) mantissa++;
    if (mantissa >= Math.pow(2, bits + 1)) {
      mantissa /= 2;
      exponent++;
    }
    if (exponent > bias) fail("out_of_range");
    exponent += bias;
    // What is below the smallest normal number has the exponent 0, and no hidden bit.
    if (mantissa < Math.pow(2, bits)) exponent = 0;
    else mantissa -= Math.pow(2, bits);
  }
  var sign = value < 0 || 1 / value < 0 ? 2147483648 : 0;
  var low = mantissa % 4294967296;
  return bits > 32
    ? four(low) + four((mantissa - low) / 4294967296 + exponent * 1048576 + sign)
    : four(low + exponent * 8388608 + sign);
}

/** A double of eight bytes. */
export function double(value) {
  return ieee(value, 11, 52);
}

/** A float of four bytes; one that is too large is an error. */
export function float(value) {
  return ieee(value, 8, 23);
}
