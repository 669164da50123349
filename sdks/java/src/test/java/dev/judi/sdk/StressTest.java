package dev.judi.sdk;

import static dev.judi.sdk.Tests.equal;
import static dev.judi.sdk.Tests.that;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;

/** Many threads at once, and a server that fails a third of the requests. */
final class StressTest {
  private static final int THREADS = 8;
  private static final int EVENTS = 1_000;

  private StressTest() {}

  static Server.Reply aThirdFails(Proto batch) {
    switch (ThreadLocalRandom.current().nextInt(9)) {
      case 0:
        return Server.Reply.of(500);
      case 1:
        return null;
      case 2:
        return new Server.Reply(200, "{", null);
      default:
        return Server.ok(batch);
    }
  }

  static void eachEventArrivesAndIsToldOnce() throws Exception {
    try (Kit kit = new Kit()) {
      kit.server.script = StressTest::aThirdFails;
      Tracker judi = kit.start(kit.options().closeTimeout(Duration.ofSeconds(180)));
      Set<String> tracked = ConcurrentHashMap.newKeySet();
      List<Thread> threads = new ArrayList<>();
      for (int number = 0; number < THREADS; number++) {
        String name = "thread " + number;
        threads.add(
            new Thread(
                () -> {
                  for (int count = 1; count <= EVENTS; count++) {
                    tracked.add(judi.track(new Seen(name, count)));
                    disturb(judi, count);
                  }
                }));
      }
      for (Thread thread : threads) {
        thread.start();
      }
      for (Thread thread : threads) {
        thread.join();
      }
      judi.close();
      equal(tracked.size(), THREADS * EVENTS);
      Set<String> arrived = new HashSet<>();
      Set<Long> numbers = new HashSet<>();
      for (Proto event : kit.server.events()) {
        arrived.add(event.text(1));
        numbers.add(event.number(4));
      }
      that(arrived.equals(tracked), arrived.size() + " of " + tracked.size() + " arrived");
      equal(numbers.size(), tracked.size());
      equal(kit.persisted.size(), tracked.size());
      that(tracked.containsAll(kit.persisted), "others are persisted");
      Set<String> told = new HashSet<>();
      kit.results.forEach(result -> that(told.add(result.eventId()), "told twice"));
      equal(told.size(), tracked.size());
      equal(kit.kinds(), "");
    }
  }

  /** What other threads do meanwhile. */
  private static void disturb(Tracker judi, int count) {
    if (count % 100 == 0) {
      judi.flush();
    } else if (count % 150 == 0) {
      judi.setUser("u" + count);
    } else if (count % 400 == 0) {
      judi.reset();
    } else if (count % 90 == 0) {
      judi.setContext(Context.builder().pagePath("/" + count).build());
    }
  }

  /** Yes and no from other threads: nothing hangs, and each call is either sent or reported. */
  static void consentMayChangeAtAnyMoment() throws Exception {
    try (Kit kit = new Kit()) {
      Tracker judi = kit.start();
      List<Thread> threads = new ArrayList<>();
      for (int number = 0; number < 4; number++) {
        threads.add(
            new Thread(
                () -> {
                  for (int count = 1; count <= 500; count++) {
                    judi.track(new Seen("x", count));
                  }
                }));
      }
      threads.add(
          new Thread(
              () -> {
                for (int count = 0; count < 40; count++) {
                  judi.consent(Consent.values()[count % 3]);
                  Tests.pause(2);
                }
                judi.consent(Consent.GRANTED);
              }));
      for (Thread thread : threads) {
        thread.start();
      }
      for (Thread thread : threads) {
        thread.join(30_000);
        that(!thread.isAlive(), "a thread hangs");
      }
      that(judi.flush(Duration.ofSeconds(60)), "all is sent");
      judi.close();
      long refused = kit.reports.stream().filter(it -> it.eventId().isEmpty()).count();
      equal(kit.results.size() + (int) refused, 2_000);
    }
  }
}
