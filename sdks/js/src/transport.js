// Sends a batch by fetch.

/** Sends a body; `done` gets {status, text, retryAfter}, without a status where there was no answer. */
export function post(url, body, timeout, done, isLeaving) {
  // What goes with a beacon has no answer, and is sent again by the next page.
  if (isLeaving && !("keepalive" in Request.prototype)) return navigator.sendBeacon(url, body);
  var abort = new AbortController();
  var timer = setTimeout(function () {
    abort.abort();
  }, timeout);
  fetch(url, {
    method: "POST",
    body: body,
    keepalive: isLeaving,
    redirect: "error",
    signal: abort.signal,
  })
    .then(function (response) {
      return response.text().then(function (text) {
        return { status: response.status, text: text, retryAfter: response.headers.get("retry-after") };
      });
    })
    .catch(function () {
      return {};
    })
    .then(function (answer) {
      clearTimeout(timer);
      done(answer);
    });
}
