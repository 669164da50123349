// @rudderstack/rudder-sdk-node: one batch, compressed with gzip.
import RudderAnalytics from "@rudderstack/rudder-sdk-node";
import { ARTICLE, CONTEXT, TIME, WHO } from "./calls.mjs";

const [dataPlaneUrl, writeKey] = process.argv.slice(2);
const analytics = new RudderAnalytics(writeKey, {
  dataPlaneUrl,
  flushAt: 20,
  flushInterval: 200,
  retryCount: 8,
  logLevel: "none",
});
// The first call is sent by itself; the others together.
const common = (name) => ({ ...WHO, originalTimestamp: TIME, context: CONTEXT, messageId: `rudder-node-${name}` });
const delivered = (call, message) =>
  new Promise((resolve, reject) => call.call(analytics, message, (error) => (error ? reject(error) : resolve())));
const sent = Promise.all([
  delivered(analytics.track, { ...common("track"), event: "Article Read", properties: ARTICLE }),
  delivered(analytics.page, {
    ...common("page"),
    name: "Home",
    category: "inrikes",
    properties: { url: "https://www.example.se/" },
  }),
  delivered(analytics.screen, { ...common("screen"), name: "Start", properties: {} }),
  delivered(analytics.identify, { ...common("identify"), traits: { plan: "pro", age: "41" } }),
  delivered(analytics.group, { ...common("group"), groupId: "g1", traits: { employees: 12 } }),
  delivered(analytics.alias, { ...common("alias"), previousId: "old" }),
  delivered(analytics.track, { ...common("unknown"), event: "Never Heard Of", properties: { a: 1 } }),
]);
await sent;
process.exit(0);
