package dev.judi.sdk;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * For tests: keeps events and sends nothing. Events are encoded, so that what could not be sent
 * fails here, too.
 */
public final class Recorder implements Tracker {
  private final List<Event> events = new ArrayList<>();
  private Consent consent = Consent.GRANTED;
  private String user;

  /** What was tracked, in the order of the calls. */
  @NonNull
  public synchronized List<Event> events() {
    return new ArrayList<>(events);
  }

  /** The events of a class, in the order of the calls. */
  @NonNull
  public synchronized <T extends Event> List<T> events(@NonNull Class<T> of) {
    List<T> found = new ArrayList<>();
    for (Event event : events) {
      if (of.isInstance(event)) {
        found.add(of.cast(event));
      }
    }
    return found;
  }

  /** {@code recorder.expect(ArticleView.class).sent(ArticleView.builder("a1").build())}. */
  @NonNull
  public <T extends Event> Expectation<T> expect(@NonNull Class<T> of) {
    return new Expectation<>(of.getSimpleName(), events(of));
  }

  /** Who was set. */
  @Nullable
  public synchronized String user() {
    return user;
  }

  /** What was agreed to. */
  @NonNull
  public synchronized Consent consent() {
    return consent;
  }

  /** Forgets what was tracked. */
  public synchronized void clear() {
    events.clear();
  }

  @Override
  @NonNull
  public synchronized String track(@NonNull Event event) {
    event.encode();
    events.add(event);
    return Uuid7.next(System.currentTimeMillis());
  }

  @Override
  public void flush() {}

  @Override
  public boolean flush(@NonNull Duration timeout) {
    return true;
  }

  @Override
  public synchronized void consent(@NonNull Consent state) {
    consent = state;
  }

  @Override
  public synchronized void setUser(@Nullable String id) {
    user = id;
  }

  @Override
  public void setContext(@NonNull Context context) {}

  @Override
  public synchronized void reset() {
    user = null;
  }

  @Override
  public void optOut() {}

  @Override
  public void optIn() {}

  @Override
  public void close() {}

  /**
   * What is expected of the events of a class. What is not so is an AssertionError that lists them.
   */
  public static final class Expectation<T extends Event> {
    private final String name;
    private final List<T> events;

    private Expectation(String name, List<T> events) {
      this.name = name;
      this.events = events;
    }

    /** One of them has all fields that are set in {@code expected}. */
    public void sent(@NonNull T expected) {
      sent(event -> event.matches(expected), expected.toString());
    }

    /** One of them is so. */
    public void sent(@NonNull Predicate<? super T> isSo) {
      sent(isSo, "such a " + name);
    }

    /** So many were sent. */
    public void times(int count) {
      if (events.size() != count) {
        throw new AssertionError(count + " " + name + " were expected, sent were " + events);
      }
    }

    /** None was sent. */
    public void notSent() {
      times(0);
    }

    private void sent(Predicate<? super T> isSo, String expected) {
      if (events.stream().noneMatch(isSo)) {
        throw new AssertionError(expected + " was expected, sent were " + events);
      }
    }
  }
}
