package dev.judi.sdk;

/**
 * Looks at each event before it gets its number. Where it throws, the event is dropped and
 * reported.
 */
@FunctionalInterface
public interface Middleware {
  /** The context that stands beside the event; null drops the event. */
  @Nullable
  Context apply(@NonNull Event event, @NonNull Context context);
}
