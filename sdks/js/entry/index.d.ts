// The tracker for pages: queue, retries, persistence, sessions, consent.

import type { Events } from "./events.js";
import type { Control, Options } from "./lib/runtime.js";

export * from "./events.js";
export type * from "./lib/runtime.js";

/** SHA-256 of the schema's descriptors. */
export declare const fingerprint: string;

/** The event's id; undefined where it was refused, or waits for consent and has none yet. */
export interface Judi extends Control, Events<string | undefined> {}

/** A tracker whose methods are the schema's events. */
export declare function createJudi(options: Options): Judi;
