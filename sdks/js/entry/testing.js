// A tracker for tests: calls are checked and encoded as in earnest, kept in memory, and never sent.

import { expectSent, testTracker } from "./lib/testing.js";
import { schema } from "./schema.js";

export * from "./enums.js";

/** A tracker whose calls can be looked at. */
export function createTestJudi() {
  return testTracker(schema);
}

/** `expect(judi.articleView).sent({ articleId: "/elk" })`. */
export function expect(method) {
  return expectSent(method);
}
