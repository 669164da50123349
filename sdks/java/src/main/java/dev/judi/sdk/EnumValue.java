package dev.judi.sdk;

/**
 * A value of an enum. The generated classes have the schema's values as constants, and {@code
 * of(number)} for numbers that the schema got after this library was made.
 */
public abstract class EnumValue {
  private final int number;
  private final String name;

  /** For the generated code; no name: the schema did not know the number. */
  protected EnumValue(int number, @Nullable String name) {
    this.number = number;
    this.name = name;
  }

  /** On the wire. */
  public final int number() {
    return number;
  }

  /** In the schema; null: it is not known there. */
  @Nullable
  public final String name() {
    return name;
  }

  /** Whether the schema has no name for the number. */
  public final boolean isUnrecognized() {
    return name == null;
  }

  @Override
  public final boolean equals(@Nullable Object other) {
    return other != null && other.getClass() == getClass() && ((EnumValue) other).number == number;
  }

  @Override
  public final int hashCode() {
    return number;
  }

  @Override
  public final String toString() {
    return name != null ? name : "Unrecognized(" + number + ")";
  }
}
