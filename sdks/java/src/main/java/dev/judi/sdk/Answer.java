package dev.judi.sdk;

import java.time.DateTimeException;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/**
 * What the server said to a batch, and what is to be done about it. Nothing here has a clock or a
 * network.
 */
final class Answer {
  /** What is to be done with the batch. */
  enum Next {
    /** Each event has its own result. */
    RESULTS,
    /** The same batch, after a wait. */
    AGAIN,
    /** Halves. */
    HALVE,
    /** It is dropped. */
    DROP
  }

  /** What the server says of one event. */
  static final class Result {
    final String status;
    final String reason;
    final String field;
    final String detail;

    Result(Map<?, ?> members) {
      this.status = text(members, "status");
      this.reason = text(members, "reason");
      this.field = text(members, "field");
      this.detail = text(members, "detail");
    }

    boolean isRetry() {
      return status.equals("retry");
    }

    boolean isFinal() {
      return status.equals("ok")
          || status.equals("duplicate")
          || status.equals("quarantined")
          || status.equals("rejected");
    }
  }

  final Next next;

  /** One for each event, where they are told. */
  final List<Result> results;

  /** How long Retry-After asks to wait; under 0: it asks for nothing. */
  final long retryAfterMs;

  final int status;

  /** The server's word and sentence, of a refusal. */
  final String error;

  final String detail;

  private Answer(Next next, List<Result> results, long retryAfterMs, int status, Map<?, ?> said) {
    this.next = next;
    this.results = results;
    this.retryAfterMs = retryAfterMs;
    this.status = status;
    this.error = text(said, "error");
    String sentence = text(said, "message");
    // Java does not show what the server says to a key that it does not know.
    boolean isSilent = status == 401 && sentence.isEmpty();
    this.detail = isSilent ? "the server does not know the write key" : sentence;
  }

  /** None came. */
  static Answer none() {
    return new Answer(Next.AGAIN, null, -1, 0, Collections.emptyMap());
  }

  static Answer of(
      int status, String body, @Nullable String retryAfter, List<Queued> batch, long nowMs) {
    long wait = retryAfter(retryAfter, nowMs);
    if (status == 200) {
      List<Result> results = results(body, batch);
      return new Answer(
          results == null ? Next.AGAIN : Next.RESULTS,
          results,
          wait,
          status,
          Collections.emptyMap());
    }
    boolean isFinal =
        status >= 400 && status < 500 && status != 408 && status != 429 && status != 413;
    Next next = status == 413 ? Next.HALVE : isFinal ? Next.DROP : Next.AGAIN;
    long obeyed = status == 429 || status == 503 ? wait : -1;
    return new Answer(next, null, obeyed, status, members(body));
  }

  private static Map<?, ?> members(String body) {
    try {
      Object value = Json.parse(body);
      return value instanceof Map ? (Map<?, ?>) value : Collections.emptyMap();
    } catch (IllegalArgumentException e) {
      return Collections.singletonMap(
          "message", body.length() > 200 ? body.substring(0, 200) : body);
    }
  }

  /** One result for each event of the batch, in its order; null: it cannot be read. */
  private static List<Result> results(String body, List<Queued> batch) {
    Object all = members(body).get("results");
    if (!(all instanceof List) || ((List<?>) all).size() != batch.size()) {
      return null;
    }
    List<Result> results = new ArrayList<>();
    for (Object one : (List<?>) all) {
      if (!(one instanceof Map)) {
        return null;
      }
      Result result = new Result((Map<?, ?>) one);
      Object id = ((Map<?, ?>) one).get("event_id");
      boolean isOther = id != null && !id.equals(batch.get(results.size()).id);
      if (isOther || !(result.isFinal() || result.isRetry())) {
        return null;
      }
      results.add(result);
    }
    return results;
  }

  private static String text(Map<?, ?> members, String name) {
    Object value = members.get(name);
    return value instanceof String ? (String) value : "";
  }

  /** Seconds, or a date. */
  private static long retryAfter(String header, long nowMs) {
    if (header == null) {
      return -1;
    }
    String text = header.trim();
    if (text.matches("[0-9]{1,9}")) {
      return Long.parseLong(text) * 1_000;
    }
    try {
      ZonedDateTime date = ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME);
      return Math.max(0, date.toInstant().toEpochMilli() - nowMs);
    } catch (DateTimeException e) {
      return -1;
    }
  }

  /**
   * How long the next try waits.
   *
   * @param failed how many tries in a row failed, this one included
   * @param chance from 0 to 1
   */
  static long waitMs(long retryAfterMs, int failed, double chance, Options options) {
    if (retryAfterMs >= 0) {
      long obeyed = Math.min(retryAfterMs, options.retryAfterCap.toMillis());
      return obeyed + (long) (obeyed * 0.1 * chance);
    }
    double most = options.retryBase.toMillis() * Math.pow(2, Math.min(failed, 40));
    return (long) (Math.min(options.retryCap.toMillis(), most) * chance);
  }
}
