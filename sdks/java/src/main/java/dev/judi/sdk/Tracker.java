package dev.judi.sdk;

import java.time.Duration;

/**
 * Takes events. The one that sends is made by {@link #start}; in tests {@link Recorder} keeps them.
 */
public interface Tracker extends AutoCloseable {
  /** Opens the queue, and sends from now on. */
  @NonNull
  static Tracker start(@NonNull Options options, @NonNull Schema schema) {
    return Client.start(options, schema);
  }

  /**
   * Checks, encodes and queues an event; waits for no disk and no network.
   *
   * @return the event's id; null where it has none yet (consent is pending) or is not taken (which
   *     is reported)
   * @throws EventException where a value is none that its field can have
   */
  @Nullable
  String track(@NonNull Event event);

  /** Asks that what waits is sent, and returns. */
  void flush();

  /**
   * Sends what waits.
   *
   * @return whether all of it left the queue in time
   */
  boolean flush(@NonNull Duration timeout);

  /** What the user agreed to, from now on. */
  void consent(@NonNull Consent state);

  /** Who uses the app; null: nobody that it knows. */
  void setUser(@Nullable String id);

  /** What stands beside every event from now on: the page or screen, the campaign, the app. */
  void setContext(@NonNull Context context);

  /** Another person uses the app: a new anonymous_id and session, no user. */
  void reset();

  /** The user wants nothing to be sent, whatever was agreed to. Remembered on the device. */
  void optOut();

  /** Takes {@link #optOut} back. */
  void optIn();

  /** Sends what waits, for at most {@code closeTimeout}; the rest stays in the queue. */
  @Override
  void close();
}
