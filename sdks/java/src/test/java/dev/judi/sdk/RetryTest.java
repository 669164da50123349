package dev.judi.sdk;

import static dev.judi.sdk.Tests.equal;
import static dev.judi.sdk.Tests.that;
import static dev.judi.sdk.Tests.until;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** A server that is hostile. */
final class RetryTest {
  private RetryTest() {}

  static void theSameBatchIsSentAgainUntilItIsAnswered() throws IOException {
    try (Kit kit = new Kit()) {
      AtomicInteger calls = new AtomicInteger();
      List<Server.Reply> replies = new ArrayList<>();
      replies.add(Server.Reply.of(500));
      replies.add(new Server.Reply(302, "", null));
      replies.add(new Server.Reply(200, "{\"results\":[", null));
      replies.add(new Server.Reply(408, "", null));
      replies.add(null);
      kit.server.script =
          batch -> {
            int call = calls.getAndIncrement();
            return call < replies.size() ? replies.get(call) : Server.ok(batch);
          };
      Tracker judi = kit.start();
      judi.track(new Seen("a", 1));
      until(() -> kit.results.size() == 1, "a result");
      judi.close();
      equal(kit.server.batches().size(), 6);
      for (Proto event : kit.server.events()) {
        equal(event.text(1), kit.results.get(0).eventId());
        equal(event.number(4), 1L);
      }
      equal(kit.kinds(), "");
    }
  }

  static void retryAfterIsObeyed() throws IOException {
    try (Kit kit = new Kit()) {
      AtomicInteger calls = new AtomicInteger();
      kit.server.script =
          batch -> calls.getAndIncrement() == 0 ? new Server.Reply(429, "", "1") : Server.ok(batch);
      Tracker judi = kit.start();
      judi.track(new Seen("a", 1));
      until(() -> kit.results.size() == 1, "a result");
      judi.close();
      long waited = kit.server.times().get(1) - kit.server.times().get(0);
      that(waited >= 990 && waited < 3_000, "waited " + waited);
    }
  }

  static void tooLargeBatchesAreHalved() throws IOException {
    try (Kit kit = new Kit()) {
      kit.server.script =
          batch -> {
            boolean isLarge =
                batch.messages(3).stream().anyMatch(it -> it.message(8).text(1).equals("large"));
            return isLarge
                ? new Server.Reply(413, "{\"error\":\"too_large\"}", null)
                : Server.ok(batch);
          };
      Tracker judi = kit.start(kit.options().flushAt(8).flushInterval(Duration.ofSeconds(30)));
      for (int count = 0; count < 8; count++) {
        judi.track(new Seen(count == 5 ? "large" : "small", count));
      }
      until(() -> kit.results.size() == 8, "all results");
      judi.close();
      equal(kit.kinds(), "too_large");
      List<Integer> sizes = new ArrayList<>();
      kit.server.batches().forEach(batch -> sizes.add(batch.messages(3).size()));
      equal(sizes, List.of(8, 4, 4, 2, 1, 1, 2));
    }
  }

  static void eachEventHasItsOwnResult() throws IOException {
    try (Kit kit = new Kit()) {
      AtomicInteger calls = new AtomicInteger();
      kit.server.script =
          batch -> {
            boolean isFirst = calls.getAndIncrement() == 0;
            return Server.each(batch, event -> isFirst ? event.message(8).text(1) : "ok");
          };
      Tracker judi = kit.start(kit.options().flushAt(4).flushInterval(Duration.ofSeconds(30)));
      for (String status : List.of("ok", "quarantined", "retry", "rejected")) {
        judi.track(new Seen(status, 1));
      }
      until(() -> kit.results.size() == 3, "three results");
      judi.flush();
      until(() -> kit.results.size() == 4, "four results");
      judi.close();
      equal(kit.kinds(), "quarantined rejected");
      equal(kit.server.batches().get(1).messages(3).size(), 1);
    }
  }

  static void whatIsRefusedIsDroppedAndReported() throws IOException {
    try (Kit kit = new Kit()) {
      kit.server.script =
          batch -> new Server.Reply(403, "{\"error\":\"foreign_origin\",\"message\":\"no\"}", null);
      Tracker judi = kit.start();
      judi.track(new Seen("a", 1));
      until(() -> kit.reports.size() == 1, "a report");
      judi.close();
      Report report = kit.reports.get(0);
      equal(
          report.kind() + report.status() + report.reason() + report.detail(),
          "refused403foreign_originno");
      equal(kit.server.batches().size(), 1);
    }
  }

  static void eventsExpire() throws IOException {
    try (Kit kit = new Kit()) {
      ClientTest.TestClock clock = new ClientTest.TestClock();
      kit.server.script =
          batch -> {
            clock.micros += 7L * 24 * 3600 * 1_000_000;
            return Server.Reply.of(503);
          };
      Tracker judi = kit.start(kit.options().clock(clock));
      judi.track(new Seen("a", 1));
      until(() -> kit.reports.size() == 1, "a report");
      judi.close();
      equal(kit.kinds(), "expired");
    }
  }

  /** A byte now and then is no answer: the time for one is over all the same. */
  static void anAnswerHasItsTime() throws IOException {
    try (ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Kit kit = new Kit()) {
      AtomicInteger connections = new AtomicInteger();
      Thread slow = new Thread(() -> drip(server, connections));
      slow.setDaemon(true);
      slow.start();
      Options.Builder options =
          Options.builder("http://127.0.0.1:" + server.getLocalPort(), "dev")
              .consent(Consent.GRANTED)
              .timeout(Duration.ofMillis(300))
              .retryBase(Duration.ofMillis(10))
              .retryCap(Duration.ofMillis(10))
              .flushAt(1)
              .closeTimeout(Duration.ofMillis(10))
              .shutdownHook(false);
      Tracker judi = kit.start(options);
      judi.track(new Seen("a", 1));
      until(() -> connections.get() >= 3, "three tries");
      judi.close();
    }
  }

  private static void drip(ServerSocket server, AtomicInteger connections) {
    while (!server.isClosed()) {
      try {
        Socket socket = server.accept();
        String start =
            connections.getAndIncrement() % 2 == 0
                ? ""
                : "HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n";
        Thread each =
            new Thread(
                () -> {
                  try {
                    socket.getOutputStream().write(start.getBytes());
                    for (char next : "HTTP/1.1 200 OK and more of it, but slowly".toCharArray()) {
                      socket.getOutputStream().write(next);
                      Tests.pause(50);
                    }
                  } catch (IOException e) {
                    // It hung up.
                  }
                });
        each.setDaemon(true);
        each.start();
      } catch (IOException e) {
        return;
      }
    }
  }
}
