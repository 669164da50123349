package dev.judi.sdk;

import static dev.judi.sdk.Tests.equal;
import static dev.judi.sdk.Tests.that;

import java.util.List;

/** What is done about each answer. */
final class AnswerTest {
  private AnswerTest() {}

  private static Answer.Next next(int status, String body) {
    return Answer.of(status, body, null, List.of(SegmentTest.queued("a", 1)), 0).next;
  }

  static void eachStatusHasItsOutcome() {
    equal(next(200, "{\"results\":[{\"event_id\":\"a\",\"status\":\"ok\"}]}"), Answer.Next.RESULTS);
    equal(next(200, "{\"results\":[{\"event_id\":\"b\",\"status\":\"ok\"}]}"), Answer.Next.AGAIN);
    equal(next(200, "{\"results\":[]}"), Answer.Next.AGAIN);
    equal(next(200, "<html>"), Answer.Next.AGAIN);
    equal(next(413, ""), Answer.Next.HALVE);
    for (int status : new int[] {301, 302, 307, 408, 429, 500, 502, 503}) {
      equal(next(status, ""), Answer.Next.AGAIN);
    }
    for (int status : new int[] {400, 401, 403, 404, 405, 415, 431, 422}) {
      equal(next(status, "{\"error\":\"no_key\"}"), Answer.Next.DROP);
    }
  }

  static void retryAfterIsSecondsOrADate() {
    equal(Answer.of(503, "", "7", List.of(), 0).retryAfterMs, 7_000L);
    equal(
        Answer.of(429, "", "Thu, 01 Jan 1970 00:01:00 GMT", List.of(), 10_000).retryAfterMs,
        50_000L);
    equal(Answer.of(429, "", "soon", List.of(), 0).retryAfterMs, -1L);
    equal(Answer.of(500, "", "7", List.of(), 0).retryAfterMs, -1L);
  }

  static void waitsAreWithinTheirBounds() {
    Options options = Options.builder("http://localhost", "k").build();
    equal(Answer.waitMs(-1, 1, 1, options), 2_000L);
    equal(Answer.waitMs(-1, 3, 0.5, options), 4_000L);
    equal(Answer.waitMs(-1, 1_000, 1, options), 300_000L);
    equal(Answer.waitMs(-1, 5, 0, options), 0L);
    equal(Answer.waitMs(10_000, 9, 1, options), 11_000L);
    that(Answer.waitMs(Long.MAX_VALUE, 1, 0, options) == 3_600_000L, "an hour at most");
  }
}
