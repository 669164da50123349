package dev.judi.sdk;

/** A message that is an event. */
public abstract class Event extends Message {
  /** {@code article_view}. */
  @NonNull
  public abstract String eventName();
}
