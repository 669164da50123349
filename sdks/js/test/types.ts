// What the compiler must let pass, and what it must refuse: `npx tsc -p .`.
import { createJudi, ShareChannel } from "../packages/newsroom/index.js";
import { createTestJudi, expect } from "../packages/newsroom/testing.js";
import { createTracker } from "../packages/newsroom/encoder.js";
import { videoProgress } from "../packages/newsroom/plugins.js";
const judi = createJudi({ endpoint: "https://x", key: "k" });
const id: string | undefined = judi.articleView({ articleId: "a", wordCount: 5 });
judi.share({ articleId: "a", channel: ShareChannel.MAIL });
judi.share({ articleId: "a", channel: 77 });
judi.pageView();
// @ts-expect-error
judi.articleView({});
// @ts-expect-error
judi.articleView({ articleId: 5 });
// @ts-expect-error
judi.share({ articleId: "a", channel: "mail" });
// @ts-expect-error
judi.articleView();
const t = createTestJudi(); t.scroll({ visibleMs: 5n }); expect(t.scroll).sent({ visibleMs: 5n });
// @ts-expect-error
expect(t.scroll).sent({ nope: 1 });
const s: string = createTracker((e) => e.payloadBytes).click({ element: "x" });
videoProgress(document.createElement("video"), { start: (it) => judi.videoStart({ programmeId: "p", positionMs: it.positionMs }) });
judi.use((e) => { delete e.context.pageUrl; return e; });
void judi.flush();
