package dev.judi.sdk;

/** What became of an event. */
public final class Outcome {
  private final String eventId;
  private final String event;
  private final String status;
  private final String reason;
  private final String field;
  private final String detail;

  Outcome(Queued queued, String status, String reason, String field, String detail) {
    this.eventId = queued.id;
    this.event = queued.event;
    this.status = status;
    this.reason = reason;
    this.field = field;
    this.detail = detail;
  }

  /** Its id. */
  @NonNull
  public String eventId() {
    return eventId;
  }

  /** Its name. */
  @NonNull
  public String event() {
    return event;
  }

  /**
   * {@code ok}, {@code duplicate}, {@code quarantined} or {@code rejected} by the server; {@code
   * too_large}, {@code refused}, {@code expired} or {@code no_consent} where it was dropped here.
   */
  @NonNull
  public String status() {
    return status;
  }

  /** Why, in one word; empty: not said. */
  @NonNull
  public String reason() {
    return reason;
  }

  /** The field that is wrong; empty: not said. */
  @NonNull
  public String field() {
    return field;
  }

  /** Why, for people; empty: not said. */
  @NonNull
  public String detail() {
    return detail;
  }

  @Override
  public String toString() {
    String why = (reason + " " + field + " " + detail).trim();
    return event + " " + eventId + " " + status + (why.isEmpty() ? "" : ": " + why);
  }
}
