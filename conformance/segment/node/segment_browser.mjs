// @segment/analytics-next in a browser's page (jsdom): it asks this server for its settings, and sends call by call.
import { JSDOM } from "jsdom";
import { ARTICLE, TIME } from "./calls.mjs";

// The proxy of the test tells how many calls it has let through at its third argument.
const [host, writeKey, deliveredURL] = process.argv.slice(2);
const dom = new JSDOM("<title>Älgen</title><body></body>", {
  url: "https://www.example.se/elk?utm_source=mail&utm_medium=letter&utm_campaign=h%C3%B6st&utm_term=elk&utm_content=top",
  referrer: "https://r.example/",
});
for (const name of ["window", "document", "location", "localStorage", "sessionStorage", "navigator", "HTMLElement"]) {
  Object.defineProperty(globalThis, name, { value: name === "window" ? dom.window : dom.window[name], configurable: true });
}
// The page has no network of its own; Node's is the browser's.
dom.window.fetch = globalThis.fetch;

const { AnalyticsBrowser } = await import("@segment/analytics-next");
const failed = [];
const analytics = AnalyticsBrowser.load({ writeKey, cdnURL: host });
await analytics.ready();
analytics.on("error", (error) => failed.push(error));

const options = (name) => ({ timestamp: TIME, anonymousId: "a1", messageId: `segment-browser-${name}` });
const sent = [
  analytics.identify("u1", { plan: "pro", age: "41" }, options("identify")),
  analytics.track("Article Read", ARTICLE, options("track")),
  analytics.page("inrikes", "Home", {}, options("page")),
  analytics.screen("", "Start", {}, options("screen")),
  analytics.group("g1", { employees: 12 }, options("group")),
  analytics.alias("u1", "old", options("alias")),
  analytics.track("Never Heard Of", { a: 1 }, options("unknown")),
];
await Promise.all(sent);
// What was refused waits in the page's queue; how much has arrived is known where it arrives.
const started = Date.now();
for (;;) {
  const delivered = Number(await (await fetch(deliveredURL)).text());
  if (delivered >= sent.length || failed.length > 0) break;
  if (Date.now() - started > 60_000) failed.push(`only ${delivered} of ${sent.length} were delivered`);
  await new Promise((resolve) => setTimeout(resolve, 100));
}
if (failed.length > 0) {
  console.error(failed);
  process.exit(1);
}
process.exit(0);
