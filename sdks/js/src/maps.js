// Maps: a Map, an object, or a list of pairs.

import { content, fail, field, level, scalar, whole } from "./codec.js";

/** Sorts pairs by their first. */
export function byFirst(one, other) {
  return one[0] < other[0] ? -1 : +(one[0] > other[0]);
}

function pairsOf(value, type) {
  var pairs = [];
  if (typeof value != "object") fail("invalid_value");
  if (Array.isArray(value)) return value;
  if (typeof value.forEach == "function") {
    value.forEach(function (one, key) {
      pairs.push([key, one]);
    });
    return pairs;
  }
  return Object.keys(value).map(function (key) {
    var typed = type == "b" && /^(true|false)$/.test(key) ? key == "true" : key;
    return [typed, value[key]];
  });
}

/** Text that sorts as the keys do: false before true, numbers by size, text by its bytes. */
function order(type, key, bytes) {
  if (/[sb]/.test(type)) return bytes;
  var isSigned = /[ilzcqr]/.test(type);
  var halves = whole(key, isSigned ? "l" : "k");
  var text = "";
  [halves[1] ^ (isSigned ? 2147483648 : 0), halves[0]].forEach(function (half) {
    text += String.fromCharCode(half >>> 16, half & 65535);
  });
  return text;
}

/** A map's entries in the order of their keys; of equal ones the last. */
export function map(value, depth, schema, it) {
  var found = {};
  pairsOf(value, it[5]).forEach(function (pair) {
    var bytes = scalar(schema, it[5], pair[0]);
    var place = order(it[5], pair[0], bytes);
    var one = content(schema, it[2], it[3], pair[1], level(depth + 1));
    found["k" + place] = [place, field(1, it[5], bytes) + field(2, it[2], one)];
  });
  return Object.keys(found)
    .map(function (key) {
      return found[key];
    })
    .sort(byFirst)
    .map(function (pair) {
      return field(it[1], "m", pair[1]);
    })
    .join("");
}
