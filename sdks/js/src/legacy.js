// What browsers of old televisions have in place of IndexedDB, fetch, beacons and promises.

import { context, onLeave, optOut } from "./browser.js";
import { start } from "./core.js";
import { openDatabase } from "./database.js";
import { memory } from "./memory.js";

var SHELF_CHARACTERS = 1e6;

function random() {
  try {
    return crypto.getRandomValues(new Uint32Array(1))[0];
  } catch (_) {
    return Math.floor(Math.random() * 4294967296);
  }
}

/** A queue in localStorage: an item per event under its id, and one for what is kept with the queue. */
function shelf(prefix) {
  var kept;
  try {
    kept = localStorage;
    kept.setItem(prefix, "1");
    kept.removeItem(prefix);
  } catch (_) {
    return;
  }
  function keys() {
    var found = [];
    for (var at = 0; at < kept.length; at++) {
      var key = kept.key(at);
      if (key.indexOf(prefix) === 0 && key != prefix + "meta") found.push(key);
    }
    return found.sort();
  }
  function load() {
    return JSON.parse(kept.getItem(prefix + "meta") || "{}");
  }
  return {
    isPersistent: true,
    write: function (change, gone, done) {
      var meta = {};
      var added = [];
      try {
        meta = load();
        var list = change(meta);
        gone.forEach(function (record) {
          kept.removeItem(prefix + record.i);
        });
        var used = 0;
        keys().forEach(function (key) {
          used += kept.getItem(key).length;
        });
        list.forEach(function (record) {
          var text = JSON.stringify(record);
          used += text.length;
          if (used > SHELF_CHARACTERS) throw new Error("localStorage is full");
          added.push(prefix + record.i);
          kept.setItem(prefix + record.i, text);
        });
        meta.n = keys().length;
        if (!meta.n) meta.b = 0;
        kept.setItem(prefix + "meta", JSON.stringify(meta));
      } catch (error) {
        added.forEach(function (key) {
          kept.removeItem(key);
        });
        return done(error, {});
      }
      done(0, meta);
    },
    take: function (claim, count, done) {
      var meta = {};
      var list = [];
      try {
        meta = load();
        if (claim(meta)) {
          list = keys()
            .slice(0, count)
            .map(function (key) {
              return JSON.parse(kept.getItem(key));
            });
          meta.n = keys().length;
          kept.setItem(prefix + "meta", JSON.stringify(meta));
        }
      } catch (_) {
        list = [];
      }
      done(list, meta);
    },
  };
}

/** Sends a body by XMLHttpRequest; a page that goes waits for it where it knows no beacons. */
function post(url, body, timeout, done, isLeaving) {
  var request = new XMLHttpRequest();
  var timer;
  function end(answer) {
    clearTimeout(timer);
    if (done) done(answer);
    done = 0;
  }
  if (isLeaving && navigator.sendBeacon) return navigator.sendBeacon(url, body);
  try {
    request.open("POST", url, !isLeaving);
    request.setRequestHeader("Content-Type", "text/plain");
    request.onreadystatechange = function () {
      if (request.readyState != 4) return;
      // It follows redirects, which are no answer of the Event API.
      if (request.responseURL && request.responseURL.split("?")[0] != url.split("?")[0]) return end({});
      end({
        status: request.status,
        text: request.responseText,
        retryAfter: request.getResponseHeader("Retry-After"),
      });
    };
    request.send(body);
    timer = setTimeout(function () {
      end({});
      request.abort();
    }, timeout);
  } catch (_) {
    end({});
  }
}

/** A promise where there are any; nothing else. */
function promise(work) {
  return typeof Promise == "function" ? new Promise(work) : work(function () {});
}

/** A tracker for pages of old browsers. */
export function legacy(schema, options) {
  var isOut;
  return start(
    schema,
    {
      now: Date.now,
      mono: function () {
        return Math.round(typeof performance == "object" && performance.now ? performance.now() : Date.now());
      },
      random: random,
      context: context,
      log: function () {
        if (typeof console == "object") console.log(Array.prototype.join.call(arguments, " "));
      },
      timer: function (work, wait) {
        return setTimeout(work, Math.min(wait, 2147483647));
      },
      post: post,
      promise: promise,
      gpc: function () {
        return navigator.globalPrivacyControl;
      },
      optOut: function (is) {
        if (is != null) isOut = is;
        return optOut(is) || isOut;
      },
      open: function (isToEmpty, isNameless, done) {
        var name = "judi:" + options.key;
        openDatabase(name, isToEmpty || isNameless, function (database) {
          var kept = [database, shelf(name + ":")].filter(Boolean);
          done(kept.concat(memory()));
        });
      },
      onLeave: function (leave) {
        onLeave(leave);
        if (!("onpagehide" in window)) {
          addEventListener("unload", function () {
            leave(true);
          });
        }
      },
    },
    options
  );
}
