package dev.judi.sdk;

/** An event that was not taken, or something that went wrong. Nothing is dropped without one. */
public final class Report {
  private final String kind;
  private final String eventId;
  private final String event;
  private final String reason;
  private final String field;
  private final String detail;
  private final int status;

  Report(
      String kind,
      String eventId,
      String event,
      String reason,
      String field,
      String detail,
      int status) {
    this.kind = kind;
    this.eventId = eventId == null ? "" : eventId;
    this.event = event == null ? "" : event;
    this.reason = reason;
    this.field = field;
    this.detail = detail;
    this.status = status;
  }

  static Report of(String kind, @Nullable Queued queued, String reason) {
    String id = queued == null ? null : queued.id;
    return new Report(kind, id, queued == null ? null : queued.event, reason, "", "", 0);
  }

  /**
   * {@code quarantined}, {@code rejected}, {@code too_large}, {@code refused}, {@code queue_full},
   * {@code expired}, {@code no_consent} or {@code error}.
   */
  @NonNull
  public String kind() {
    return kind;
  }

  /** The event's id; empty: it had none yet. */
  @NonNull
  public String eventId() {
    return eventId;
  }

  /** The event's name; empty: it is about none. */
  @NonNull
  public String event() {
    return event;
  }

  /** Why, in one word or more; empty: not said. */
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

  /** HTTP's status; 0: there was none. */
  public int status() {
    return status;
  }

  @Override
  public String toString() {
    String of = (event + " " + eventId).trim();
    String why =
        (reason + " " + field + " " + detail + (status == 0 ? "" : " (" + status + ")")).trim();
    return kind + " " + of + ": " + why;
  }
}
