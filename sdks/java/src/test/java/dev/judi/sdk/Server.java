package dev.judi.sdk;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import java.util.zip.GZIPInputStream;

/** A server for the tests: answers by script, and keeps what it was sent. */
final class Server implements AutoCloseable {
  /** What a batch is answered. */
  static final class Reply {
    final int status;
    final String body;
    final String retryAfter;

    Reply(int status, String body, String retryAfter) {
      this.status = status;
      this.body = body;
      this.retryAfter = retryAfter;
    }

    static Reply of(int status) {
      return new Reply(status, "{\"error\":\"test\",\"message\":\"as the test wants it\"}", null);
    }
  }

  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final List<Proto> batches = new ArrayList<>();
  private final List<Long> times = new ArrayList<>();
  volatile Function<Proto, Reply> script = Server::ok;

  Server() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/v1/events", this::answer);
    server.start();
  }

  String endpoint() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  static Reply ok(Proto batch) {
    return each(batch, event -> "ok");
  }

  /** A result for each event. */
  static Reply each(Proto batch, Function<Proto, String> status) {
    StringBuilder results = new StringBuilder("{\"results\":[");
    String between = "";
    for (Proto event : batch.messages(3)) {
      results
          .append(between)
          .append("{\"event_id\":\"")
          .append(event.text(1))
          .append("\",\"status\":\"");
      results.append(status.apply(event)).append("\"}");
      between = ",";
    }
    return new Reply(200, results.append("]}").toString(), null);
  }

  private void answer(HttpExchange exchange) throws IOException {
    byte[] body;
    String encoding = exchange.getRequestHeaders().getFirst("Content-Encoding");
    try (InputStream in = exchange.getRequestBody();
        InputStream plain = "gzip".equals(encoding) ? new GZIPInputStream(in) : in) {
      body = plain.readAllBytes();
    }
    Proto batch = new Proto(body);
    synchronized (this) {
      batches.add(batch);
      times.add(System.nanoTime() / 1_000_000);
    }
    Reply reply = script.apply(batch);
    if (reply == null) {
      exchange.close();
      return;
    }
    byte[] said = reply.body.getBytes(StandardCharsets.UTF_8);
    if (reply.retryAfter != null) {
      exchange.getResponseHeaders().set("Retry-After", reply.retryAfter);
    }
    exchange.sendResponseHeaders(reply.status, said.length == 0 ? -1 : said.length);
    exchange.getResponseBody().write(said);
    exchange.close();
  }

  synchronized List<Proto> batches() {
    return new ArrayList<>(batches);
  }

  synchronized List<Long> times() {
    return new ArrayList<>(times);
  }

  /** The events of all batches. */
  List<Proto> events() {
    List<Proto> events = new ArrayList<>();
    batches().forEach(batch -> events.addAll(batch.messages(3)));
    return events;
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
