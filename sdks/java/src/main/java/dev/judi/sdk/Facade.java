package dev.judi.sdk;

import java.time.Duration;

/** What the generated tracker has beside a method for each event. */
public abstract class Facade implements Tracker {
  private final Tracker tracker;

  /** For the generated code. */
  protected Facade(@NonNull Tracker tracker) {
    this.tracker = Values.required(tracker, "tracker");
  }

  @Override
  @Nullable
  public final String track(@NonNull Event event) {
    return tracker.track(event);
  }

  @Override
  public final void flush() {
    tracker.flush();
  }

  @Override
  public final boolean flush(@NonNull Duration timeout) {
    return tracker.flush(timeout);
  }

  @Override
  public final void consent(@NonNull Consent state) {
    tracker.consent(state);
  }

  @Override
  public final void setUser(@Nullable String id) {
    tracker.setUser(id);
  }

  @Override
  public final void setContext(@NonNull Context context) {
    tracker.setContext(context);
  }

  @Override
  public final void reset() {
    tracker.reset();
  }

  @Override
  public final void optOut() {
    tracker.optOut();
  }

  @Override
  public final void optIn() {
    tracker.optIn();
  }

  @Override
  public final void close() {
    tracker.close();
  }
}
