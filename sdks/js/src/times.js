// Timestamps and durations, from dates, from milliseconds, or from seconds and nanoseconds.

import { fail, implicit } from "./codec.js";

var PLAIN = { types: {} };

function time(value, isMoment) {
  var seconds = value;
  var nanos = 0;
  function down(number) {
    return isMoment || number > 0 ? Math.floor(number) : Math.ceil(number);
  }
  if (typeof value == "number" || value instanceof Date) {
    seconds = down(value / 1000);
    nanos = down((value - seconds * 1000) * 1e6);
  } else if (value && (value.seconds != null || value.nanos != null)) {
    seconds = value.seconds || 0;
    nanos = value.nanos || 0;
  } else fail("invalid_value");
  var out = implicit(PLAIN, 1, "l", seconds) + implicit(PLAIN, 2, "i", nanos);
  seconds = Number(seconds);
  nanos = Number(nanos);
  if (
    isMoment
      ? seconds < -62135596800 || seconds > 253402300799 || nanos < 0 || nanos > 999999999
      : Math.abs(seconds) > 315576000000 ||
        (Math.abs(seconds) == 315576000000 && nanos) ||
        Math.abs(nanos) > 999999999 ||
        seconds * nanos < 0
  ) {
    fail("out_of_range");
  }
  return out;
}

/** A google.protobuf.Timestamp. */
export function timestamp(value) {
  return time(value, true);
}

/** A google.protobuf.Duration; a number is milliseconds. */
export function duration(value) {
  return time(value, false);
}
