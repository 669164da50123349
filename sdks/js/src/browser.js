// The browser's clock, chance, stores and transport.

import { camel } from "./codec.js";
import { start } from "./core.js";
import { openDatabase } from "./database.js";
import { memory } from "./memory.js";
import { post } from "./transport.js";

function random() {
  return crypto.getRandomValues(new Uint32Array(1))[0];
}

function found(pattern, text) {
  return (pattern.exec(text) || [])[0];
}

/** What the page tells by itself. */
export function context() {
  var agent = navigator.userAgent;
  var it = {
    platform: "web",
    os: found(/Windows|Android|iPhone|iPad|CrOS|Tizen|Web0S|Mac|Linux/, agent),
    device: found(/TV|Tizen|Web0S/, agent) ? "tv" : found(/Mobi|Android|iP/, agent) ? "mobile" : "desktop",
    locale: navigator.language,
    pageUrl: location.href,
    pagePath: location.pathname,
    referrer: document.referrer,
  };
  location.search.replace(/\b(utm_(?:source|medium|campaign|term|content))=([^&]*)/g, function (_, name, value) {
    try {
      it[camel(name)] = decodeURIComponent(value.replace(/\+/g, " "));
    } catch (_) {}
  });
  return it;
}

/** The user's own no, which the device remembers. */
export function optOut(is) {
  try {
    if (is != null) localStorage.setItem("judi.out", is || "");
    else return localStorage.getItem("judi.out");
  } catch (_) {}
}

/** Tells when the page is hidden, and when it goes. */
export function onLeave(leave) {
  addEventListener("pagehide", function () {
    leave(true);
  });
  document.addEventListener("visibilitychange", function () {
    if (document.visibilityState == "hidden") leave();
  });
}

/** A tracker for pages. */
export function browser(schema, options) {
  return start(
    schema,
    {
      now: Date.now,
      mono: function () {
        return Math.round(performance.now());
      },
      random: random,
      context: context,
      log: console.log,
      timer: function (work, wait) {
        return setTimeout(work, wait);
      },
      post: post,
      promise: function (work) {
        return new Promise(work);
      },
      gpc: function () {
        return navigator.globalPrivacyControl;
      },
      optOut: optOut,
      open: function (isToEmpty, isNameless, done) {
        openDatabase("judi:" + options.key, isToEmpty || isNameless, function (database) {
          if (database && isNameless) database = [database];
          done(database ? [database, memory()] : [memory()]);
        });
      },
      onLeave: onLeave,
      close: function (done) {
        done();
      },
    },
    options
  );
}
