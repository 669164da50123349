package dev.judi.sdk;

/** The one field of a oneof that is set. The generated classes have a factory for each. */
public abstract class OneofValue {
  private final int number;
  private final String field;
  private final Object value;

  /** For the generated code. */
  protected OneofValue(int number, String field, @Nullable Object value) {
    this.number = number;
    this.field = field;
    this.value = value;
  }

  /** The number of the field. */
  public final int number() {
    return number;
  }

  /** The name of the field in the schema. */
  @NonNull
  public final String field() {
    return field;
  }

  /** What it is set to. */
  @Nullable
  public final Object value() {
    return value instanceof byte[] ? ((byte[]) value).clone() : value;
  }

  /** What it is set to, as it is kept. */
  @Nullable
  protected final Object kept() {
    return value;
  }

  /** For the generated code: writes the field. */
  public abstract void writeTo(Writer out);

  @Override
  public final boolean equals(@Nullable Object other) {
    return other != null
        && other.getClass() == getClass()
        && ((OneofValue) other).number == number
        && Values.same(((OneofValue) other).value, value);
  }

  @Override
  public final int hashCode() {
    return 31 * number + Values.hash(value);
  }

  @Override
  public final String toString() {
    return field + "=" + Values.text(value);
  }
}
