package dev.judi.sdk;

/** Who acts, in which session. A value that never changes. */
final class Who {
  static final Who NOBODY = new Who(null, null, null, 0, 0);

  final String anonymousId;
  final String userId;
  final String sessionId;
  final long sessionStartMs;

  /** When the session's last event was, as it was last kept. */
  final long sessionLastMs;

  Who(
      String anonymousId,
      String userId,
      String sessionId,
      long sessionStartMs,
      long sessionLastMs) {
    this.anonymousId = anonymousId;
    this.userId = userId;
    this.sessionId = sessionId;
    this.sessionStartMs = sessionStartMs;
    this.sessionLastMs = sessionLastMs;
  }

  Who withUser(@Nullable String id) {
    return new Who(anonymousId, id, sessionId, sessionStartMs, sessionLastMs);
  }

  Who withoutSession() {
    return new Who(anonymousId, userId, null, 0, 0);
  }

  Who withLast(long lastMs) {
    return new Who(anonymousId, userId, sessionId, sessionStartMs, lastMs);
  }

  /**
   * At an event: with an anonymous id, and in the session that the time belongs to; this one where
   * nothing changes.
   *
   * @param lastMs when the session's last event was
   */
  Who at(long nowMs, long lastMs, Options options) {
    boolean goesOn =
        sessionId != null
            && nowMs - lastMs < options.sessionIdle.toMillis()
            && nowMs - sessionStartMs < options.sessionMax.toMillis();
    if (goesOn && anonymousId != null) {
      return this;
    }
    String anonymous = anonymousId != null ? anonymousId : Uuid7.next(nowMs);
    return goesOn
        ? new Who(anonymous, userId, sessionId, sessionStartMs, sessionLastMs)
        : new Who(anonymous, userId, Uuid7.next(nowMs), nowMs, nowMs);
  }
}
