// A tracker for tests. Calls go through the encoder, so that what a test accepts the server accepts.

import { methods } from "./codec.js";

const calls = new WeakMap();

/** A tracker whose calls are kept. */
export function testTracker(schema) {
  const tracked = [];
  const judi = methods(schema, {}, () => {});
  for (const method of Object.keys(judi)) {
    let fields;
    const encoder = methods(schema, {}, (event, bytes) => {
      tracked.push({ event, method, fields, bytes: Uint8Array.from(bytes, (it) => it.charCodeAt(0)) });
      return `test-${tracked.length}`;
    })[method];
    judi[method] = (given) => {
      fields = given ?? {};
      return encoder(given);
    };
    calls.set(judi[method], { name: method, of: () => tracked.filter((it) => it.method === method) });
  }
  const nothing = () => {};
  const soon = () => Promise.resolve();
  return Object.assign(judi, {
    tracked,
    clear: () => tracked.splice(0),
    use: nothing,
    setUser: nothing,
    reset: nothing,
    consent: nothing,
    optOut: nothing,
    optIn: nothing,
    flush: soon,
    close: soon,
  });
}

/** Whether all that is asked for is there. */
function fits(given, asked) {
  if (asked instanceof Date) return given instanceof Date && Number(given) === Number(asked);
  if (typeof asked !== "object" || asked === null) return Object.is(given, asked);
  if (typeof given !== "object" || given === null) return false;
  if (Array.isArray(asked) && asked.length !== given.length) return false;
  return Object.keys(asked).every((key) => fits(given[key], asked[key]));
}

function text(value) {
  return JSON.stringify(value, (_, it) => (typeof it === "bigint" ? `${it}n` : it));
}

/** What can be said of a method's calls. */
export function expectSent(method) {
  const found = calls.get(method);
  if (!found) throw new TypeError("expect() takes a method of createTestJudi()'s tracker");
  const { name, of } = found;
  const said = () => of().map((it) => `\n  ${name}(${text(it.fields)})`).join("") || " nothing of it";
  return {
    sent(fields = {}) {
      if (!of().some((it) => fits(it.fields, fields))) throw new Error(`expected ${name}(${text(fields)}), sent was:${said()}`);
    },
    notSent(fields = {}) {
      if (of().some((it) => fits(it.fields, fields))) throw new Error(`expected no ${name}(${text(fields)}), sent was:${said()}`);
    },
    sentTimes(count) {
      if (of().length !== count) throw new Error(`expected ${name} ${count} times, sent was:${said()}`);
    },
  };
}
