// The tracker and the encoder alone: no queue, no network, nothing kept.

import type { Events } from "./events.js";
import type { BatchEvent } from "./lib/runtime.js";

export * from "./events.js";
export type * from "./lib/runtime.js";

/** SHA-256 of the schema's descriptors. */
export declare const fingerprint: string;

/** A tracker that gives each event to `send` and returns what that returns. */
export declare function createTracker<Sent>(send: (event: BatchEvent) => Sent): Events<Sent>;
