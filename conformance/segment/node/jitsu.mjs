// @jitsu/js on a server: call by call to /api/s/s2s/…, each once, since it does not send again.
import { jitsuAnalytics } from "@jitsu/js";
import { ARTICLE, CONTEXT } from "./calls.mjs";

const [host, writeKey] = process.argv.slice(2);
const failed = [];
const analytics = jitsuAnalytics({ host, writeKey, s2s: true, errorPolicy: (message) => failed.push(message) });
analytics.setAnonymousId("a1");
const options = { anonymousId: "a1", userId: "u1", context: CONTEXT };
await analytics.identify("u1", { plan: "pro", age: "41" }, options);
await analytics.track("Article Read", { ...ARTICLE, context: CONTEXT });
await analytics.page({ name: "Home", category: "inrikes", url: "https://www.example.se/", context: CONTEXT });
await analytics.group("g1", { employees: 12 }, options);
await analytics.track("Never Heard Of", { a: 1 });
if (failed.length > 0) {
  console.error(failed);
  process.exit(1);
}
process.exit(0);
