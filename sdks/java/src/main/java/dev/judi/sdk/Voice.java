package dev.judi.sdk;

import java.util.function.Consumer;

/** Tells the app what becomes of events. What the app's functions throw stays with them. */
final class Voice {
  private final Options options;

  Voice(Options options) {
    this.options = options;
  }

  void persisted(Queued event) {
    tell(options.onPersisted, event.id);
  }

  void result(Queued event, String status, String reason, String field, String detail) {
    Outcome outcome = new Outcome(event, status, reason, field, detail);
    debug(outcome);
    tell(options.onResult, outcome);
  }

  void report(Report report) {
    debug(report);
    tell(options.onReport, report);
  }

  /** It is dropped for this: a result and a report. */
  void dropped(Queued event, String kind, String reason, String detail, int status) {
    result(event, kind, reason, "", detail);
    report(new Report(kind, event.id, event.event, reason, "", detail, status));
  }

  void debug(Object said) {
    if (options.debug) {
      System.err.println("judi: " + said);
    }
  }

  private <T> void tell(Consumer<T> listener, T value) {
    try {
      listener.accept(value);
    } catch (Throwable e) {
      debug("a listener failed: " + e);
    }
  }
}
