package dev.judi.sdk;

import static dev.judi.sdk.Tests.equal;
import static dev.judi.sdk.Tests.that;
import static dev.judi.sdk.Tests.until;

import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** From the call to the server. */
final class ClientTest {
  private ClientTest() {}

  static void anEventArrivesWithAllThatStandsBesideIt() throws IOException {
    try (Kit kit = new Kit()) {
      Context app = Context.builder().app("news").appVersion("2").build();
      Tracker judi = kit.start(kit.options().context(app).collect("os", false));
      judi.setUser("u1");
      String id = judi.track(new Seen("elk", 3));
      until(() -> kit.results.size() == 1, "a result");
      judi.close();
      Proto batch = kit.server.batches().get(0);
      Proto event = batch.messages(3).get(0);
      equal(event.text(1), id);
      equal(event.text(2), "seen");
      equal(event.number(4), 1L);
      equal(event.number(6), 7L);
      that(event.has(5) && batch.has(5) && event.number(5) <= batch.number(5), "monotonic clocks");
      that(
          Math.abs(event.message(3).number(1) - System.currentTimeMillis() / 1_000) < 60,
          "occurred_at");
      equal(event.message(8).text(1), "elk");
      Proto context = batch.message(2);
      that(context.text(1).length() == 36 && context.text(3).length() == 36, "ids");
      equal(
          context.text(2) + context.text(4) + context.text(5) + context.text(18), "u1news2granted");
      equal(context.text(6) + context.text(7) + context.text(19), "javajudi-java");
      that(!event.has(7), "nothing differs from the batch");
      equal(kit.persisted, List.of(id));
      equal(kit.results.get(0).status(), "ok");
    }
  }

  static void batchesAreCutAndInOrder() throws IOException {
    try (Kit kit = new Kit()) {
      Tracker judi = kit.start(kit.options().maxBatchEvents(30).flushAt(20));
      for (int count = 1; count <= 100; count++) {
        judi.track(new Seen("x", count));
      }
      that(judi.flush(Duration.ofSeconds(10)), "all is sent");
      long sequence = 0;
      for (Proto event : kit.server.events()) {
        equal(event.number(4), ++sequence);
        equal(event.message(8).number(2), sequence);
      }
      equal(sequence, 100L);
      kit.server.batches().forEach(batch -> that(batch.messages(3).size() <= 30, "too many"));
      judi.close();
    }
  }

  static void whatDoesNotFitIsRefused() throws IOException {
    try (Kit kit = new Kit()) {
      kit.server.script = batch -> Server.Reply.of(500);
      Tracker judi = kit.start(kit.options().maxQueueEvents(2));
      that(judi.track(new Seen("a", 1)) != null && judi.track(new Seen("b", 1)) != null, "two fit");
      equal(judi.track(new Seen("c", 1)), null);
      equal(kit.kinds(), "queue_full");
      judi.close();
      equal(judi.track(new Seen("d", 1)), null);
      equal(kit.reports.get(1).reason(), "closed");
    }
  }

  static void theNextProcessSendsWhatIsLeftAndGoesOnCounting() throws IOException {
    try (Kit kit = new Kit()) {
      kit.server.script = batch -> Server.Reply.of(500);
      Tracker first = kit.start(kit.options().closeTimeout(Duration.ofMillis(100)));
      String a = first.track(new Seen("a", 1));
      first.setUser("u");
      until(() -> kit.persisted.size() == 1, "it is kept");
      first.close();
      kit.server.script = Server::ok;
      int before = kit.server.batches().size();
      Tracker second = kit.start();
      String b = second.track(new Seen("b", 2));
      that(second.flush(Duration.ofSeconds(10)), "all is sent");
      second.close();
      List<Proto> events = kit.server.events();
      Proto last = events.get(events.size() - 1);
      equal(last.text(1) + last.number(4), b + 2);
      Proto batch = kit.server.batches().get(before);
      Proto again = batch.messages(3).get(0);
      equal(again.text(1) + again.number(4), a + 1);
      that(!again.has(5), "its monotonic clock was another's");
      Proto lastBatch = kit.server.batches().get(kit.server.batches().size() - 1);
      Proto sessionOf = last.message(7).has(3) ? last.message(7) : lastBatch.message(2);
      Proto sessionBefore = kit.server.batches().get(0).message(2);
      equal(sessionOf.text(3), sessionBefore.text(3));
      equal(lastBatch.message(2).text(1), sessionBefore.text(1));
    }
  }

  static void twoAtOnceShareTheFolder() throws IOException {
    try (Kit kit = new Kit()) {
      Tracker one = kit.start();
      Tracker two = kit.start();
      for (int count = 0; count < 50; count++) {
        one.track(new Seen("one", count));
        two.track(new Seen("two", count));
      }
      that(one.flush(Duration.ofSeconds(10)) && two.flush(Duration.ofSeconds(10)), "all is sent");
      one.close();
      two.close();
      Set<Long> numbers = new HashSet<>();
      Set<String> ids = new HashSet<>();
      for (Proto event : kit.server.events()) {
        that(ids.add(event.text(1)) && numbers.add(event.number(4)), "each once");
      }
      equal(numbers.size(), 100);
    }
  }

  static void middlewareChangesOrDrops() throws IOException {
    try (Kit kit = new Kit()) {
      Tracker judi =
          kit.start(
              kit.options()
                  .middleware(
                      (event, context) -> event.matches(new Seen("secret", 0)) ? null : context)
                  .middleware((event, context) -> context.toBuilder().pagePath("/a").build())
                  .middleware(
                      (event, context) -> {
                        if (event.matches(new Seen("broken", 0))) {
                          throw new IllegalStateException("no");
                        }
                        return context;
                      }));
      equal(judi.track(new Seen("secret", 1)), null);
      equal(judi.track(new Seen("broken", 1)), null);
      judi.track(new Seen("open", 1));
      judi.close();
      equal(kit.server.events().size(), 1);
      equal(kit.server.events().get(0).number(4), 1L);
      equal(kit.server.batches().get(0).message(2).text(11), "/a");
      equal(kit.kinds(), "error");
    }
  }

  static void sessionsEnd() throws IOException {
    try (Kit kit = new Kit()) {
      TestClock clock = new TestClock();
      Tracker judi = kit.start(kit.options().clock(clock));
      judi.track(new Seen("a", 1));
      clock.micros += 29L * 60 * 1_000_000;
      judi.track(new Seen("b", 1));
      clock.micros += 31L * 60 * 1_000_000;
      judi.track(new Seen("c", 1));
      judi.setContext(Context.builder().utmSource("mail").build());
      judi.track(new Seen("d", 1));
      judi.reset();
      judi.track(new Seen("e", 1));
      that(judi.flush(Duration.ofSeconds(10)), "all is sent");
      judi.close();
      StringBuilder sessions = new StringBuilder();
      Set<String> known = new HashSet<>();
      for (Proto batch : kit.server.batches()) {
        for (Proto event : batch.messages(3)) {
          Proto of = event.message(7).has(3) ? event.message(7) : batch.message(2);
          sessions.append(known.add(of.text(3)) ? "new " : "same ");
        }
      }
      equal(sessions.toString(), "new same new new new ");
    }
  }

  /** A clock that stands. */
  static final class TestClock implements Clock {
    volatile long micros = 1_790_000_000_000_000L;

    @Override
    public long nowMicros() {
      return micros;
    }

    @Override
    public long monotonicMs() {
      return micros / 1_000;
    }
  }
}
