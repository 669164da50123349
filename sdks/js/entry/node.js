// The tracker for Node: the queue is in files, and what waits is sent before the process ends.

import { node } from "./lib/node.js";
import { schema } from "./schema.js";

export * from "./enums.js";
export { fingerprint } from "./schema.js";

/** A tracker whose methods are the schema's events. */
export function createJudi(options) {
  return node(schema, options);
}
