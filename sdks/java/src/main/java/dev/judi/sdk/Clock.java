package dev.judi.sdk;

import java.lang.reflect.Method;
import java.time.Instant;

/** The device's two clocks. */
public interface Clock {
  /** Microseconds since 1970. */
  long nowMicros();

  /**
   * Milliseconds of a clock that nobody sets, and that goes on while the device sleeps where there
   * is such a one.
   */
  long monotonicMs();

  /** The system's. */
  @NonNull
  static Clock system() {
    return SystemClock.INSTANCE;
  }

  /** Java's; on Android the clock that goes on while the device sleeps. */
  final class SystemClock implements Clock {
    private static final SystemClock INSTANCE = new SystemClock();
    private static final long START = System.nanoTime();

    private final Method sinceBoot = sinceBoot();

    private SystemClock() {}

    private static Method sinceBoot() {
      try {
        return Class.forName("android.os.SystemClock").getMethod("elapsedRealtime");
      } catch (ReflectiveOperationException e) {
        return null;
      }
    }

    @Override
    public long nowMicros() {
      Instant now = Instant.now();
      return now.getEpochSecond() * 1_000_000 + now.getNano() / 1_000;
    }

    @Override
    public long monotonicMs() {
      if (sinceBoot != null) {
        try {
          return (Long) sinceBoot.invoke(null);
        } catch (ReflectiveOperationException e) {
          // As below.
        }
      }
      return (System.nanoTime() - START) / 1_000_000;
    }
  }
}
