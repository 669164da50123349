// The types of the runtime, which is the same for every schema.

/** A whole number of up to 64 bits: a number as far as it is exact, a bigint, or decimal text. */
export type Integer = number | bigint | `${number}`;

/** Bytes. */
export type Bytes = Uint8Array | ArrayBuffer | readonly number[];

/** A moment: a Date, milliseconds since 1970, or seconds and nanoseconds. */
export type Timestamp = Date | number | { readonly seconds: Integer; readonly nanos?: number };

/** A length of time: milliseconds, or seconds and nanoseconds of one sign. */
export type Duration = number | { readonly seconds: Integer; readonly nanos?: number };

/** A value of JSON. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** An object of JSON. */
export interface JsonObject {
  readonly [key: string]: Json | undefined;
}

/** A message of some type. */
export interface Any {
  readonly typeUrl: string;
  readonly value: Bytes;
}

/** What a call throws that says what its field cannot hold; nothing of the event is queued or sent. */
export interface JudiError extends Error {
  readonly name: "JudiError";
  readonly code: "missing_required" | "out_of_range" | "invalid_text" | "invalid_value" | "too_deep";
  /** `place.name`. */
  readonly field: string;
}

/** Whether events may be kept and sent. */
export type Consent = "pending" | "granted" | "denied";

/** What every event tells beside its fields. */
export interface Context {
  app?: string;
  appVersion?: string;
  platform?: string;
  os?: string;
  device?: string;
  locale?: string;
  pageUrl?: string;
  pagePath?: string;
  referrer?: string;
  utmSource?: string;
  utmMedium?: string;
  utmCampaign?: string;
  utmTerm?: string;
  utmContent?: string;
}

/** May change an event's context, or drop the event with `null`. */
export type Middleware = (event: { readonly event: string; context: Context }) => { readonly context: Context } | null;

/** What became of an event. */
export interface Result {
  /** Undefined where the event never had one. */
  readonly eventId: string | undefined;
  readonly event: string;
  /** The server's word, `ok`, `duplicate`, `quarantined` or `rejected`; of a refusal its HTTP status; else the kind. */
  readonly status: string | number;
  readonly reason?: string | undefined;
  readonly field?: string | undefined;
  readonly detail?: string | undefined;
}

/** An event that did not become a row, and why. */
export interface Report extends Result {
  readonly kind:
    | "quarantined"
    | "rejected"
    | "too_large"
    | "refused"
    | "queue_full"
    | "expired"
    | "no_consent"
    | "error";
}

/** How a tracker behaves; times are in milliseconds. */
export interface Options {
  /** The Event API, `https://collect.example.se`. */
  readonly endpoint: string;
  /** The write key. */
  readonly key: string;
  readonly app?: string;
  readonly appVersion?: string;
  /** `pending` where it is not said: events are held in memory. */
  readonly consent?: Consent;
  /** `"none"`: no ids, no session, no numbers, nothing kept on the device. */
  readonly identifiers?: "all" | "none";
  /** Items of the context that are not to be told: `{ referrer: false }`. */
  readonly collect?: { readonly [item: string]: boolean };
  /** Whether Global Privacy Control counts as a no; it does where it is not said. */
  readonly respectGpc?: boolean;
  /** Prints each event and what became of it. */
  readonly debug?: boolean;
  readonly onReport?: (report: Report) => void;
  readonly onResult?: (result: Result) => void;
  /** The event survives the death of this process. */
  readonly onPersisted?: (eventId: string) => void;
  /** Events that wait: 20. */
  readonly flushAt?: number;
  /** After the first that waits: 3 s. */
  readonly flushInterval?: number;
  readonly maxBatchEvents?: number;
  readonly maxBatchBytes?: number;
  readonly maxQueueEvents?: number;
  readonly maxQueueBytes?: number;
  readonly timeout?: number;
  readonly retryBase?: number;
  readonly retryCap?: number;
  readonly retryAfterCap?: number;
  readonly closeTimeout?: number;
  readonly sessionIdle?: number;
  readonly sessionMax?: number;
}

/** How a tracker in Node behaves. */
export interface NodeOptions extends Options {
  /** Where the queue is kept; without it, in memory. */
  readonly dir?: string;
  readonly locale?: string;
  /** Whether SIGTERM and SIGINT send what waits before they end the process; they do where it is not said. */
  readonly signals?: boolean;
}

/** What every tracker can do beside its events. */
export interface Control {
  /** Adds a function that may change or drop events; they run in the order in which they were added. */
  use(middleware: Middleware): void;
  setUser(id: string | null): void;
  /** Another anonymous id, another session, no user. */
  reset(): void;
  consent(state: Consent): void;
  /** The user's own no: as `denied`, remembered on the device, and stronger than `granted`. */
  optOut(): void;
  optIn(): void;
  /** Sends what waits; done when it is answered, or when a try failed and the next is to be waited for. */
  flush(): Promise<void>;
  /** Sends what waits for at most `closeTimeout`, and ends. */
  close(): Promise<void>;
}

/** An event as the Event API takes it, within a batch. */
export interface BatchEvent {
  readonly event: string;
  readonly schemaVersion: number;
  /** Base64. */
  readonly payloadBytes: string;
}

/** What a test's tracker was given. */
export interface TrackedEvent {
  readonly event: string;
  readonly method: string;
  readonly fields: object;
  readonly bytes: Uint8Array;
}
