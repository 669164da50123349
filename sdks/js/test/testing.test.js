// The tracker for tests.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createTestJudi, expect } from "../packages/newsroom/testing.js";

test("what was sent can be expected, and what was not says so", () => {
  const judi = createTestJudi();
  judi.articleView({ articleId: "/elk", tags: ["a", "b"], wordCount: 5 });
  expect(judi.articleView).sent({ articleId: "/elk", tags: ["a", "b"] });
  expect(judi.articleView).sentTimes(1);
  expect(judi.click).notSent();
  assert.throws(() => expect(judi.articleView).sent({ articleId: "/bear" }), /sent was:\n {2}articleView\(\{"articleId":"\/elk"/);
  assert.throws(() => judi.articleView({}), { code: "missing_required", field: "articleId" });
  judi.clear();
  expect(judi.articleView).notSent();
});
