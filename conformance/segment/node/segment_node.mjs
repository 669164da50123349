// @segment/analytics-node, for servers: everything in one batch, sent again until it is taken.
import { Analytics } from "@segment/analytics-node";
import { ARTICLE, CONTEXT, TIME, WHO } from "./calls.mjs";

const [host, writeKey] = process.argv.slice(2);
const analytics = new Analytics({ writeKey, host, flushAt: 20, flushInterval: 100, maxRetries: 8 });
const failed = [];
analytics.on("error", (error) => failed.push(error));

const common = (name) => ({ ...WHO, timestamp: TIME, context: CONTEXT, messageId: `segment-node-${name}` });
analytics.track({ ...common("track"), event: "Article Read", properties: ARTICLE });
analytics.page({ ...common("page"), name: "Home", category: "inrikes", properties: { url: "https://www.example.se/" } });
analytics.screen({ ...common("screen"), name: "Start" });
analytics.identify({ ...common("identify"), traits: { plan: "pro", age: "41" } });
analytics.group({ ...common("group"), groupId: "g1", traits: { employees: 12 } });
analytics.alias({ ...common("alias"), previousId: "old" });
analytics.track({ ...common("unknown"), event: "Never Heard Of", properties: { a: 1 } });
await analytics.closeAndFlush({ timeout: 60_000 });
if (failed.length > 0) {
  console.error(failed);
  process.exit(1);
}
