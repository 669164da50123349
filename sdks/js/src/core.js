// What happens between the call and the server's answer: consent, queue, retries. The platform gives clock, chance,
// stores and transport; nothing here waits for any of them, and no error of theirs reaches the caller.

import { batchOf, outcome } from "./batch.js";
import { camel, methods } from "./codec.js";
import { stamp, uuid } from "./identity.js";

// The server recognises what is sent again for seven days.
var AGE_MAX = 5184e5;
// Of what a page that goes may have in flight; an event's context and frame are at most about this long.
var LEAVE_BYTES = 6e4;
var FRAME_BYTES = 1200;

/** A tracker of the schema that queues and sends. */
export function start(schema, platform, given) {
  var options = {
    consent: "pending",
    flushAt: 20,
    flushInterval: 3e3,
    maxBatchEvents: 100,
    maxBatchBytes: 4e5,
    maxQueueEvents: 1e4,
    maxQueueBytes: 5e6,
    timeout: 2e4,
    retryBase: 1e3,
    retryCap: 3e5,
    retryAfterCap: 36e5,
    closeTimeout: 5e3,
    sessionIdle: 18e5,
    sessionMax: 864e5,
  };
  for (var name in given) if (given[name] != null) options[name] = given[name];
  var consent = options.consent;
  var url = options.endpoint.replace(/\/*$/, "/v1/events?writeKey=") + encodeURIComponent(options.key);
  // This process, in what tabs share.
  var self = "" + platform.now() + platform.random();
  var middleware = [];
  var user;
  // Calls that no store has yet; functions change what is kept with the queue.
  var calls = [];
  // Those that a store is writing.
  var writing;
  // What this process stored, and was not told of.
  var mine = [];
  var stores;
  var isOpening;
  var isClosed;
  // The store that is written to, those before it being full or broken; what it keeps, and which one it was.
  var active = 0;
  var known;
  var knownAt = 0;
  // What each store says of itself; events and bytes in this process and in the stores, and events in the stores alone.
  var metas = [];
  var size = 0;
  var bytes = 0;
  var stored = 0;
  var sending;
  // What is on its way.
  var flying = [];
  // Answers to what was asked before everything was forgotten count no more.
  var epoch = 0;
  var fails = 0;
  var limit = options.maxBatchEvents;
  var until = 0;
  var due = 0;
  var trip;
  var timer;
  var flushes = [];

  function tell(record, kind, result) {
    var it = {
      kind: kind || undefined,
      eventId: record.i,
      event: record.e,
      status: result.status || kind,
      reason: result.reason,
      field: result.field,
      detail: result.detail,
    };
    if (options.debug) platform.log("judi", it);
    if (kind) call(options.onReport, it);
    if (record.i) call(options.onResult, it);
  }

  function call(callback, value) {
    try {
      if (callback) callback(value);
    } catch (error) {
      platform.log(error);
    }
  }

  function id() {
    return uuid(platform.now(), platform.random);
  }

  function isDenied() {
    return consent == "denied" || platform.optOut() || (options.respectGpc !== false && platform.gpc());
  }

  function isReady() {
    return consent == "granted" && !isClosed && !isDenied();
  }

  /** Counts again, with what a store says of itself. */
  function learn(at, meta) {
    metas[at] = meta;
    stored = size = bytes = 0;
    metas.forEach(function (meta) {
      stored += meta.n || 0;
      bytes += meta.b || 0;
    });
    calls.concat(writing || []).forEach(function (it) {
      if (it.e) size++;
      bytes += it.z || 0;
    });
    size += stored;
    if (!stored) mine = [];
  }

  function track(event, payload) {
    var record = {
      e: event,
      t: platform.now(),
      m: platform.mono(),
      o: self,
      v: schema.version,
      p: btoa(payload),
      z: payload.length,
      c: platform.context(),
    };
    for (var name in options.collect) if (options.collect[name] === false) delete record.c[camel(name)];
    record.c.app = options.app;
    record.c.appVersion = options.appVersion;
    if (isClosed || isDenied()) return tell(record, isClosed ? "error" : "no_consent", {});
    try {
      for (var at = 0; at < middleware.length; at++) {
        var seen = middleware[at]({ event: event, context: record.c });
        if (!seen) return;
        record.c = seen.context;
      }
    } catch (error) {
      // What was to take something out of it has failed: it does not go.
      return tell(record, "error", { detail: "" + error });
    }
    if (size >= options.maxQueueEvents || bytes + record.z > options.maxQueueBytes) return tell(record, "queue_full", {});
    size++;
    bytes += record.z;
    if (isReady()) record.i = id();
    calls.push(record);
    step();
    return record.i;
  }

  /** Opens the stores; where nothing may be kept they are emptied, and none is made. */
  function open() {
    if (isOpening) return;
    isOpening = true;
    platform.open(isDenied(), options.identifiers == "none", function (opened) {
      isOpening = false;
      if (isDenied()) return opened.forEach(empty);
      stores = opened;
      write();
    });
  }

  function empty(store) {
    store.take(Boolean, options.maxQueueEvents * 2, function (records) {
      store.write(
        function (meta) {
          for (var name in meta) delete meta[name];
          return [];
        },
        records,
        function () {
          lose(records);
        }
      );
    });
  }

  function lose(records) {
    records.forEach(function (it) {
      // Of what is on its way the answer tells.
      var isFlying = flying.some(function (record) {
        return record.i == it.i;
      });
      if (it.e && !isFlying) tell(it, "no_consent", {});
    });
  }

  /** Writes the calls that wait, all in one. */
  function write() {
    var began = epoch;
    var list = calls.filter(function (it) {
      return it.e;
    });
    writing = calls;
    calls = [];
    stores[active].write(
      function (meta) {
        // What was kept for this process is sent at once.
        if (!known && meta.n) due = 1;
        // What another store has counted goes on here.
        if (active != knownAt) for (var name in known) if (/[aqusflm]/.test(name)) meta[name] = known[name];
        writing.forEach(function (it) {
          if (!it.e) return it(meta);
          it.c.consent = consent;
          it.c.sdk = schema.sdk;
          it.c.sdkVersion = schema.semver;
          it.i = it.i || id();
          meta.b = (meta.b || 0) + it.z;
          if (options.identifiers != "none") stamp(meta, it, options, id);
        });
        return list;
      },
      [],
      function (error, meta) {
        if (began != epoch) return;
        if (error && active < stores.length - 1) {
          active++;
          calls = writing.concat(calls);
          return write();
        }
        writing = 0;
        if (error) {
          list.forEach(function (record) {
            tell(record, "error", { detail: "" + error });
          });
          learn(active, metas[active] || {});
        } else {
          known = meta;
          knownAt = active;
          mine = mine.concat(list);
          learn(active, meta);
          list.forEach(function (record) {
            if (stores[active].isPersistent) call(options.onPersisted, record.i);
          });
        }
        step();
      }
    );
  }

  function wake(wait) {
    clearTimeout(timer);
    timer = platform.timer(step, wait);
  }

  /** Does what is to be done next. */
  function step() {
    var now = platform.now();
    if (isReady()) {
      if (!stores) return open();
      // A clock that was set back is no reason to wait for years.
      if (until - now > options.retryAfterCap * 1.2) until = 0;
      if (sending || !stored) due = stored && due;
      else if (until > now) wake(until - now);
      else {
        due = due || now + options.flushInterval;
        if ((flushes[0] && !writing && !calls[0]) || stored >= options.flushAt || now >= due) {
          sending = 1;
          take(0);
        } else wake(due - now);
      }
      if (calls[0] && !writing) write();
      if (sending || writing || calls[0]) return;
    }
    flushes.splice(0).forEach(function (done) {
      done();
    });
  }

  function take(at) {
    var now = platform.now();
    var began = epoch;
    var wait = 0;
    stores[at].take(
      function (meta) {
        // Another tab sends, or was told to wait.
        wait = meta.o != self && meta.x - now;
        if (wait > 0 && wait < options.retryAfterCap * 1.2) return false;
        wait = 0;
        meta.o = self;
        meta.x = now + options.timeout + 5e3;
        return true;
      },
      limit,
      function (list, meta) {
        if (began != epoch) return;
        var sum = 0;
        learn(at, meta);
        list = list.filter(function (record, place) {
          sum += record.z;
          return !place || sum <= options.maxBatchBytes;
        });
        var old = list.filter(function (record) {
          return now - record.t > AGE_MAX;
        });
        if (old[0]) {
          return settled(
            at,
            old,
            old.map(function () {
              return { kind: "expired" };
            })
          );
        }
        if (list[0]) return send(at, list);
        if (!wait && at < active) return take(at + 1);
        if (!wait && !writing) active = 0;
        sending = 0;
        until = due = wait && now + wait;
        step();
      }
    );
  }

  function send(at, list, isLeaving) {
    var now = platform.now();
    var mono = platform.mono();
    var began = epoch;
    function settle(answer) {
      flying = [];
      var took = platform.mono() - mono;
      if (answer.status == 200 && !(took > trip)) trip = took;
      now = platform.now();
      var count = list.length;
      var it = outcome(count, answer, fails, options, now, platform.random() / 4294967296);
      if (began != epoch) {
        return list.forEach(function (record, place) {
          tell(record, it.done[place] ? "" : "no_consent", it.done[place] || {});
        });
      }
      fails = it.wait ? fails + 1 : 0;
      limit = it.halve ? Math.ceil(count / 2) : it.wait ? count : Math.min(limit * 2, options.maxBatchEvents);
      until = it.wait && now + it.wait;
      // What was tried once does not wait for others any more.
      due = it.halve || it.wait;
      settled(at, list, it.done);
    }
    flying = list;
    platform.post(url, batchOf(list, self, now, mono, trip), options.timeout, settle, isLeaving);
  }

  /** Says what became of each, and takes out of the store what is done with. */
  function settled(at, list, results) {
    var began = epoch;
    var ids = {};
    var gone = list.filter(function (record, place) {
      var result = results[place];
      if (!result) return false;
      tell(record, result.kind || (/^[qr]/.test(result.status) ? result.status : ""), result);
      return (ids[record.i] = true);
    });
    mine = mine.filter(function (record) {
      return !ids[record.i];
    });
    stores[at].write(
      function (meta) {
        gone.forEach(function (record) {
          meta.b -= record.z;
        });
        if (meta.o == self) {
          meta.x = until;
          meta.o = 0;
        }
        return [];
      },
      gone,
      function (_, meta) {
        if (began != epoch) return;
        sending = 0;
        learn(at, meta);
        step();
      }
    );
  }

  /** Forgets everything that was held or kept. */
  function purge() {
    epoch++;
    // Those that are being written are told of when their store is emptied.
    lose(calls);
    calls = [];
    mine = [];
    metas = [];
    size = bytes = stored = 0;
    known = writing = sending = active = until = due = 0;
    if (stores) stores.forEach(empty);
    else open();
    step();
  }

  /** Changes what is kept with the queue, after the calls before. */
  function keep(change) {
    if (!isDenied()) {
      calls.push(change);
      step();
    }
  }

  /** Goes on after a state of consent has changed. */
  function decide() {
    if (isDenied()) return purge();
    if (user) judi.setUser(user);
    if (isReady()) {
      calls.forEach(function (it) {
        if (it.e) it.i = it.i || id();
      });
    }
    step();
  }

  var judi = methods(schema, {}, track);
  judi.use = function (it) {
    middleware.push(it);
  };
  judi.setUser = function (it) {
    user = it;
    keep(function (meta) {
      meta.u = it;
    });
  };
  judi.reset = function () {
    user = "";
    keep(function (meta) {
      meta.a = meta.u = meta.s = "";
    });
  };
  judi.consent = function (state) {
    consent = state;
    decide();
  };
  judi.optOut = function () {
    platform.optOut(1);
    decide();
  };
  judi.optIn = function () {
    platform.optOut(0);
    decide();
  };
  judi.flush = function () {
    return platform.promise(function (done) {
      flushes.push(done);
      step();
    });
  };
  judi.close = function () {
    return platform.promise(function (done) {
      function end() {
        if (isClosed) return;
        isClosed = true;
        epoch++;
        clearTimeout(timer);
        lose(calls);
        platform.close(done);
      }
      flushes.push(end);
      platform.timer(end, options.closeTimeout);
      step();
    });
  };
  // The page goes: what waits is handed to the browser, and stays in the queue until its answer is seen.
  platform.onLeave(function (isGone) {
    var sum = 0;
    if (!isReady() || (sending && !isGone)) return;
    var list = mine.concat(writing || [], calls).filter(function (record) {
      sum += record.z * 1.4 + FRAME_BYTES;
      return record.i && sum < LEAVE_BYTES;
    });
    if (list[0]) {
      sending = 1;
      send(active, list, true);
    }
  });
  if (isDenied()) purge();
  else step();
  return judi;
}
