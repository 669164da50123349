package dev.judi.sdk;

import com.segment.analytics.Analytics;
import com.segment.analytics.messages.TrackMessage;
import com.sun.net.httpserver.HttpServer;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.function.IntConsumer;

/**
 * What a call costs its thread: encoding and queueing, beside Segment's library in the same run.
 * Both send to a server on this machine that swallows all; times are of bursts with pauses between,
 * so that queues do not fill.
 */
public final class Cost {
  private static final int BURST = 500;
  private static final int BURSTS = 200;
  private static final int WARM_UP = 60;

  private Cost() {}

  public static void main(String[] arguments) throws Exception {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newFixedThreadPool(2));
    server.createContext(
        "/",
        exchange -> {
          try (InputStream in = exchange.getRequestBody()) {
            in.readAllBytes();
          }
          // 400 is the end of a batch for both, and quickly read.
          exchange.sendResponseHeaders(400, -1);
          exchange.close();
        });
    server.start();
    String endpoint = "http://127.0.0.1:" + server.getAddress().getPort();
    try (Tracker judi = Tracker.start(options(endpoint), Seen.SCHEMA)) {
      print("judi", measure(count -> judi.track(new Seen("/articles/elk", count))));
    }
    Analytics segment =
        Analytics.builder("dev").endpoint(endpoint + "/").flushQueueSize(100).build();
    print("segment", measure(count -> segment.enqueue(message(count))));
    segment.shutdown();
    System.exit(0);
  }

  private static Options options(String endpoint) throws Exception {
    return Options.builder(endpoint, "dev")
        .directory(Files.createTempDirectory("judi-cost").toFile())
        .consent(Consent.GRANTED)
        .maxQueueEvents(1_000_000)
        .maxQueueBytes(1_000_000_000)
        .closeTimeout(Duration.ofSeconds(1))
        .shutdownHook(false)
        .build();
  }

  private static TrackMessage.Builder message(int count) {
    Map<String, Object> properties = new HashMap<>();
    properties.put("what", "/articles/elk");
    properties.put("count", count);
    return TrackMessage.builder("seen").anonymousId("a1").properties(properties);
  }

  /** Nanoseconds a call, of each burst. */
  private static double[] measure(IntConsumer call) throws InterruptedException {
    double[] costs = new double[BURSTS];
    for (int burst = -WARM_UP; burst < BURSTS; burst++) {
      long from = System.nanoTime();
      for (int count = 0; count < BURST; count++) {
        call.accept(count);
      }
      double cost = (System.nanoTime() - from) / (double) BURST;
      if (burst >= 0) {
        costs[burst] = cost;
      }
      Thread.sleep(5);
    }
    Arrays.sort(costs);
    return costs;
  }

  private static void print(String name, double[] costs) {
    System.out.printf(
        "%-8s %.2f µs a call (median of %d bursts of %d), 90 %% of the bursts under %.2f µs%n",
        name, costs[BURSTS / 2] / 1_000, BURSTS, BURST, costs[BURSTS * 9 / 10] / 1_000);
  }
}
