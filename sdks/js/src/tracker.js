// The tracker and the encoder alone: no queue, no network, nothing kept. For those who send by their own means.

import { methods } from "./codec.js";

/** A tracker whose calls give `send` what the Event API takes: event, schemaVersion and payloadBytes. */
export function trackerOf(schema, send) {
  return methods(schema, {}, function (event, bytes) {
    return send({ event: event, schemaVersion: schema.version, payloadBytes: btoa(bytes) });
  });
}
