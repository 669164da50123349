// The tracker and the encoder alone: no queue, no network, nothing kept.

import { trackerOf } from "./lib/tracker.js";
import { schema } from "./schema.js";

export * from "./enums.js";
export { fingerprint } from "./schema.js";

/** A tracker that gives each event to `send` and returns what that returns. */
export function createTracker(send) {
  return trackerOf(schema, send);
}
