package dev.judi.sdk;

/** What the user agreed to. */
public enum Consent {
  /** Nobody asked yet: events are held in memory, and nothing leaves. */
  PENDING,
  /** What was held is sent, and what comes. */
  GRANTED,
  /** What was held is dropped, what was kept is removed, and calls are dropped. */
  DENIED;

  /** {@code granted}. */
  String word() {
    return name().toLowerCase(java.util.Locale.ROOT);
  }
}
