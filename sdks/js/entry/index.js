// The tracker for pages: queue, retries, persistence, sessions, consent.

import { browser } from "./lib/browser.js";
import { schema } from "./schema.js";

export * from "./enums.js";
export { fingerprint } from "./schema.js";

/** A tracker whose methods are the schema's events. */
export function createJudi(options) {
  return browser(schema, options);
}
