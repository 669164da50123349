// Builds a typed call of the package from the kit's JSON: its names, numbers and times become the package's own.

import { readFileSync } from "node:fs";

const LONG = new Set(["l", "k", "c", "w", "r"]);
const NUMBER = new Set(["i", "u", "z", "x", "q", "d", "f"]);

/** The description that the generator wrote beside the package. */
export function describe(path) {
  const schema = JSON.parse(readFileSync(path, "utf8"));

  function text(value) {
    return typeof value === "object" && value?.$utf16
      ? String.fromCharCode(...value.$utf16.map((unit) => Number.parseInt(unit, 16)))
      : value;
  }

  function scalar(letter, value) {
    if (letter === "s") return text(value);
    if (letter === "y") return Uint8Array.from(Buffer.from(value, "base64"));
    // What is no whole number stays text, which the package refuses.
    if (LONG.has(letter) && typeof value === "string" && /^-?\d+$/.test(value)) return BigInt(value);
    if ((LONG.has(letter) || NUMBER.has(letter)) && typeof value === "string") {
      return value === "NaN" || (value !== "" && !Number.isNaN(Number(value))) ? Number(value) : value;
    }
    return value;
  }

  function json(value) {
    if (value === "NaN" || value === "Infinity" || value === "-Infinity") return value;
    if (Array.isArray(value)) return value.map(json);
    if (typeof value !== "object" || value === null) return value;
    if (value.$utf16) return text(value);
    if (value.$number) return Number(value.$number);
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, json(one)]));
  }

  function one(kind, reference, value) {
    if (value === null && kind !== "v") return value;
    switch (kind) {
      case "m":
      case "g":
        return message(reference, value);
      case "e":
        return typeof value === "string" ? (schema.enums[reference][value] ?? (/^-?\d+$/.test(value) ? Number(value) : value)) : value;
      case "t":
      case "n":
        return typeof value === "object" ? { seconds: scalar("l", value.seconds ?? "0"), nanos: value.nanos ?? 0 } : value;
      case "o":
      case "v":
      case "a":
        return json(value);
      case "p":
        return { typeUrl: text(value.type_url), value: Uint8Array.from(Buffer.from(value.value ?? "", "base64")) };
      default:
        return kind.startsWith("W") ? scalar(kind.slice(1), value) : scalar(kind, value);
    }
  }

  function message(name, value) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    const fields = schema.messages[name];
    const out = {};
    for (const [field, given] of Object.entries(value)) {
      if (!fields[field]) throw new Error(`${name} has no field ${field}`);
      const [own, kind, shape, reference] = fields[field];
      if (shape.startsWith("{") && Array.isArray(given)) out[own] = new Map(given.map(([key, it]) => [scalar(shape.slice(1), key), one(kind, reference, it)]));
      else if ((shape === "*" || shape === "+") && Array.isArray(given)) out[own] = given.map((it) => one(kind, reference, it));
      else out[own] = one(kind, reference, given);
    }
    return out;
  }

  return {
    /** The tracker's method and the typed call. */
    call(event, fields) {
      const found = schema.events[event];
      if (!found) throw new Error(`no event ${event}`);
      return { method: found[0], fields: message(found[1], fields) };
    },
  };
}
