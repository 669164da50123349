// Timestamps and durations, from dates, from milliseconds, or from seconds and nanoseconds.

import { fail, implicit } from "./codec.js";

var PLAIN = { types: {} };

/** Seconds and nanoseconds; of milliseconds rounded by `round`. */
function time(value, round, isWithin) {
  var seconds = value;
  var nanos = 0;
  if (typeof value == "number" || value instanceof Date) {
    seconds = round(value / 1000);
    nanos = round((value - seconds * 1000) * 1e6);
  } else if (value && (value.seconds != null || value.nanos != null)) {
    seconds = value.seconds || 0;
    nanos = value.nanos || 0;
  } else fail("invalid_value");
  var out = implicit(PLAIN, 1, "l", seconds) + implicit(PLAIN, 2, "i", nanos);
  return isWithin(Number(seconds), Number(nanos)) ? out : fail("out_of_range");
}

/** A google.protobuf.Timestamp. */
export function timestamp(value) {
  return time(value, Math.floor, function (seconds, nanos) {
    return seconds >= -62135596800 && seconds <= 253402300799 && nanos >= 0 && nanos < 1e9;
  });
}

/** A google.protobuf.Duration; a number is milliseconds. */
export function duration(value) {
  return time(
    value,
    function (number) {
      return number > 0 ? Math.floor(number) : Math.ceil(number);
    },
    function (seconds, nanos) {
      var size = Math.abs(seconds);
      return size <= 315576000000 && (size < 315576000000 || !nanos) && Math.abs(nanos) < 1e9 && seconds * nanos >= 0;
    }
  );
}
