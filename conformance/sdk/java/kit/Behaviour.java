package kit;

import dev.judi.events.Calls;
import dev.judi.events.Judi;
import dev.judi.events.sdk.Consent;
import dev.judi.events.sdk.Event;
import dev.judi.events.sdk.EventException;
import dev.judi.events.sdk.Json;
import dev.judi.events.sdk.Options;
import dev.judi.events.sdk.Report;
import java.io.BufferedReader;
import java.io.File;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;

/** Does what the behaviour kit says, a line each, and tells what the library tells. */
public final class Behaviour {
  private static final PrintStream OUT = new PrintStream(System.out, false, StandardCharsets.UTF_8);

  private Judi judi;
  private volatile Thread caller;
  private String refused;

  private Behaviour() {}

  public static void main(String[] arguments) throws Exception {
    Behaviour driver = new Behaviour();
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      driver.act(Read.object(Json.parse(line)));
    }
  }

  private void act(Map<String, Object> line) {
    switch ((String) line.get("do")) {
      case "init":
        init(line);
        break;
      case "track":
        track((String) line.get("event"), Read.object(line.get("call")));
        break;
      case "flush":
        judi.flush();
        break;
      case "consent":
        judi.consent(Consent.valueOf(((String) line.get("state")).toUpperCase(Locale.ROOT)));
        break;
      case "setUser":
        judi.setUser((String) line.get("id"));
        break;
      case "reset":
        judi.reset();
        break;
      case "optOut":
        judi.optOut();
        break;
      case "optIn":
        judi.optIn();
        break;
      default:
        judi.close();
        say("{\"closed\":true}");
        break;
    }
  }

  private void track(String event, Map<String, Object> call) {
    try {
      Event made = Calls.of(event, call);
      refused = null;
      caller = Thread.currentThread();
      String id = judi.track(made);
      caller = null;
      if (refused != null) {
        say("{\"error\":" + Vectors.quoted(refused) + "}");
      } else {
        say("{\"tracked\":" + Vectors.quoted(id == null ? "" : id) + "}");
      }
    } catch (EventException e) {
      say("{\"error\":" + Vectors.quoted(e.code().word()) + "}");
    }
  }

  private void report(Report report) {
    if (Thread.currentThread() == caller) {
      refused = report.kind();
    }
    StringBuilder text =
        new StringBuilder("{\"report\":{\"kind\":").append(Vectors.quoted(report.kind()));
    text.append(",\"event_id\":").append(Vectors.quoted(report.eventId()));
    text.append(",\"event\":").append(Vectors.quoted(report.event()));
    text.append(",\"reason\":").append(Vectors.quoted(report.reason()));
    text.append(",\"field\":").append(Vectors.quoted(report.field()));
    text.append(",\"detail\":").append(Vectors.quoted(report.detail()));
    say(text.append(",\"status\":").append(report.status()).append("}}").toString());
  }

  private void init(Map<String, Object> line) {
    Options.Builder options =
        Options.builder((String) line.get("endpoint"), (String) line.get("key"));
    options.directory(new File((String) line.get("dir")));
    options.onPersisted(id -> say("{\"persisted\":" + Vectors.quoted(id) + "}"));
    options.onReport(this::report);
    options.onResult(
        it -> {
          String id = Vectors.quoted(it.eventId());
          say(
              "{\"result\":{\"event_id\":"
                  + id
                  + ",\"status\":"
                  + Vectors.quoted(it.status())
                  + "}}");
        });
    Object given = line.get("options");
    if (given != null) {
      Read.object(given).forEach((name, value) -> set(options, name, value));
    }
    judi = Judi.create(options.build());
  }

  private static void set(Options.Builder options, String name, Object value) {
    switch (name) {
      case "consent":
        options.consent(Consent.valueOf(((String) value).toUpperCase(Locale.ROOT)));
        return;
      case "identifiers":
        options.identifiers(!"none".equals(value));
        return;
      case "debug":
        options.debug((Boolean) value);
        return;
      default:
        break;
    }
    if (!(value instanceof Number)) {
      return;
    }
    int number = ((Number) value).intValue();
    Duration time = Duration.ofMillis(((Number) value).longValue());
    switch (name) {
      case "flushAt":
        options.flushAt(number);
        break;
      case "flushInterval":
        options.flushInterval(time);
        break;
      case "maxBatchEvents":
        options.maxBatchEvents(number);
        break;
      case "maxBatchBytes":
        options.maxBatchBytes(number);
        break;
      case "maxQueueEvents":
        options.maxQueueEvents(number);
        break;
      case "maxQueueBytes":
        options.maxQueueBytes(number);
        break;
      case "timeout":
        options.timeout(time);
        break;
      case "retryBase":
        options.retryBase(time);
        break;
      case "retryCap":
        options.retryCap(time);
        break;
      case "retryAfterCap":
        options.retryAfterCap(time);
        break;
      case "closeTimeout":
        options.closeTimeout(time);
        break;
      case "sessionIdle":
        options.sessionIdle(time);
        break;
      case "sessionMax":
        options.sessionMax(time);
        break;
      default:
        throw new IllegalArgumentException(name);
    }
  }

  private static void say(String line) {
    synchronized (OUT) {
      OUT.println(line);
      OUT.flush();
    }
  }
}
