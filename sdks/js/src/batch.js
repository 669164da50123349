// What goes to the server, and what its answer means for each event. Pure.

/** A batch in JSON: what all events share is said once. `o` names this process, whose clock `mono` is. */
export function batchOf(records, o, now, mono, trip) {
  var shared = {};
  function iso(time) {
    return new Date(time).toISOString();
  }
  function differing(context, from) {
    var own;
    for (var name in context) {
      if (context[name] && context[name] !== from[name]) (own = own || {})[name] = context[name];
    }
    return own;
  }
  var first = records[0].c;
  // An event cannot unsay what the batch says.
  for (var name in first) {
    if (
      records.every(function (record) {
        return record.c[name];
      })
    ) {
      shared[name] = first[name];
    }
  }
  return JSON.stringify({
    sentAt: iso(now),
    sentMonotonicMs: mono,
    roundTripMs: trip,
    context: shared,
    events: records.map(function (record) {
      return {
        eventId: record.i,
        event: record.e,
        occurredAt: iso(record.t),
        sequence: record.q,
        // A clock that fell behind the other has slept with the device, and measures nothing.
        monotonicMs: record.o == o && now - record.t - mono + record.m < 2000 ? record.m : undefined,
        schemaVersion: record.v,
        context: differing(record.c, shared),
        payloadBytes: record.p,
      };
    }),
  });
}

/**
 * What an answer means: {done: a result per event or nothing where it is kept, wait: milliseconds, halve}.
 * `fails` is how many tries in a row failed before this one, `chance` a number from 0 to 1.
 */
export function outcome(size, answer, fails, options, now, chance) {
  var status = answer.status;
  var results = [];
  var asked = answer.retryAfter;
  var wait = Math.min(options.retryCap, options.retryBase * Math.pow(2, fails)) * chance;
  if (asked && /200|429|503/.test(status)) {
    asked = /\D/.test(asked) ? Date.parse(asked) - now : asked * 1000;
    if (asked >= 0) wait = Math.min(asked, options.retryAfterCap) * (1 + chance / 10);
  }
  if (status == 200) {
    try {
      results = JSON.parse(answer.text).results;
      results = results.map(function (result) {
        return /^(ok|duplicate|quarantined|rejected)$/.test(result.status) && result;
      });
    } catch (_) {
      results = [];
    }
    if (results.length != size) results = [];
    else if (results.every(Boolean)) wait = 0;
  } else if (status == 413 && size > 1) return { done: results, wait: 0, halve: true };
  else if (status > 399 && status < 500 && status != 408 && status != 429) {
    for (wait = 0; size--; ) {
      results.push({ kind: status == 413 ? "too_large" : "refused", status: status, detail: answer.text });
    }
  }
  return { done: results, wait: wait };
}
