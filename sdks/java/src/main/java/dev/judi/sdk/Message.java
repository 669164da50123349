package dev.judi.sdk;

/** A message of the schema: a value that never changes. */
public abstract class Message {
  /** For the generated code: writes the fields, in the order of their numbers. */
  public abstract void writeTo(Writer out);

  /** The names of the fields in the schema, a oneof being one. */
  protected abstract String[] names();

  /** What they are set to, in the same order; null: not set. */
  protected abstract Object[] values();

  /**
   * The message in protobuf.
   *
   * @throws EventException where a value is none that its field can have
   */
  @NonNull
  public final byte[] encode() {
    Writer out = new Writer();
    out.event(this);
    return out.toByteArray();
  }

  /**
   * Whether every field that is set in {@code expected} has the same value here: what a test asks.
   * Implicit fields that hold zero are not set.
   */
  public final boolean matches(@NonNull Message expected) {
    if (expected.getClass() != getClass()) {
      return false;
    }
    Object[] wanted = expected.values();
    Object[] mine = values();
    for (int at = 0; at < wanted.length; at++) {
      if (!Values.isZero(wanted[at]) && !Values.same(wanted[at], mine[at])) {
        return false;
      }
    }
    return true;
  }

  @Override
  public final boolean equals(@Nullable Object other) {
    return other != null
        && other.getClass() == getClass()
        && Values.same(((Message) other).values(), values());
  }

  @Override
  public final int hashCode() {
    return Values.hash(values());
  }

  @Override
  public final String toString() {
    StringBuilder text = new StringBuilder(getClass().getSimpleName()).append('(');
    String[] names = names();
    Object[] values = values();
    String between = "";
    for (int at = 0; at < names.length; at++) {
      if (!Values.isZero(values[at])) {
        text.append(between).append(names[at]).append('=').append(Values.text(values[at]));
        between = ", ";
      }
    }
    return text.append(')').toString();
  }
}
