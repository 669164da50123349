package dev.judi.sdk;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A client against a server, with what it told. */
final class Kit implements AutoCloseable {
  final List<String> persisted = new CopyOnWriteArrayList<>();
  final List<Outcome> results = new CopyOnWriteArrayList<>();
  final List<Report> reports = new CopyOnWriteArrayList<>();
  final Server server;
  final File folder;

  Kit() throws IOException {
    server = new Server();
    folder = Files.createTempDirectory("judi-test").toFile();
  }

  /** Options whose waits are short. */
  Options.Builder options() {
    return Options.builder(server.endpoint(), "dev")
        .directory(folder)
        .consent(Consent.GRANTED)
        .flushInterval(Duration.ofMillis(50))
        .retryBase(Duration.ofMillis(10))
        .retryCap(Duration.ofMillis(50))
        .timeout(Duration.ofSeconds(20))
        .closeTimeout(Duration.ofSeconds(5))
        .shutdownHook(false)
        .onPersisted(persisted::add)
        .onResult(results::add)
        .onReport(reports::add);
  }

  Tracker start() {
    return start(options());
  }

  Tracker start(Options.Builder options) {
    return Tracker.start(options.build(), Seen.SCHEMA);
  }

  String kinds() {
    StringBuilder kinds = new StringBuilder();
    reports.forEach(report -> kinds.append(report.kind()).append(' '));
    return kinds.toString().trim();
  }

  @Override
  public void close() {
    server.close();
  }
}
