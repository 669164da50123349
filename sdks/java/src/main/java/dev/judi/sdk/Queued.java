package dev.judi.sdk;

/** An event in the queue. */
final class Queued {
  /** Of an event that an earlier process made: its monotonic clock is none of this one's. */
  static final long NOT_KNOWN = -1;

  final String id;
  final String event;
  final long occurredMicros;
  final long monotonicMs;
  final int schemaVersion;
  final Context context;
  final byte[] payload;

  /** 0: it has none. */
  long sequence;

  /** By the process's own clock, in milliseconds. */
  long waitsSince;

  /** In the order of the calls. */
  long ordinal;

  /** Whether it may be sent. */
  boolean isReady;

  /** Whether it left the queue. */
  boolean isDone;

  /** Whether consent was withdrawn while it was on its way. */
  boolean isWithdrawn;

  /** Where it is kept; null: in memory alone. */
  Segment segment;

  Queued(
      String id,
      String event,
      long occurredMicros,
      long monotonicMs,
      int schemaVersion,
      Context context,
      byte[] payload) {
    this.id = id;
    this.event = event;
    this.occurredMicros = occurredMicros;
    this.monotonicMs = monotonicMs;
    this.schemaVersion = schemaVersion;
    this.context = context;
    this.payload = payload;
  }
}
