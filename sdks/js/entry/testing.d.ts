// A tracker for tests: calls are checked and encoded as in earnest, kept in memory, and never sent.

import type { Judi } from "./index.js";
import type { TrackedEvent } from "./lib/runtime.js";

export * from "./events.js";

/** A tracker whose calls can be looked at. */
export interface TestJudi extends Judi {
  /** What was sent, in the order of the calls. */
  readonly tracked: readonly TrackedEvent[];
  /** Forgets what was sent. */
  clear(): void;
}

/** A tracker whose calls can be looked at. */
export declare function createTestJudi(): TestJudi;

/** What can be said of an event's calls; each throws with what was sent instead. */
export interface SentExpectation<Fields> {
  /** At least one call had these fields, whatever its others. */
  sent(fields?: Partial<Fields>): void;
  /** No call had these fields; without fields: no call at all. */
  notSent(fields?: Partial<Fields>): void;
  /** This many calls. */
  sentTimes(count: number): void;
}

/** `expect(judi.articleView).sent({ articleId: "/elk" })`. */
export declare function expect<Fields>(method: (event: Fields) => unknown): SentExpectation<NonNullable<Fields>>;
