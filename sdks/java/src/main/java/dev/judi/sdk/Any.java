package dev.judi.sdk;

import java.util.Arrays;

/** A message of some type: the URL of its type, and its bytes as they are. */
public final class Any {
  private final String typeUrl;
  private final byte[] value;

  private Any(String typeUrl, byte[] value) {
    this.typeUrl = typeUrl;
    this.value = value;
  }

  /** {@code Any.of("type.googleapis.com/a.v1.Thing", bytes)}. */
  @NonNull
  public static Any of(@NonNull String typeUrl, @NonNull byte[] value) {
    if (typeUrl == null || value == null) {
      throw EventException.value("an Any needs a type and bytes");
    }
    return new Any(typeUrl, value.clone());
  }

  /** The URL of its type. */
  @NonNull
  public String typeUrl() {
    return typeUrl;
  }

  /** Its bytes, to keep. */
  @NonNull
  public byte[] value() {
    return value.clone();
  }

  void writeTo(Writer out) {
    if (!typeUrl.isEmpty()) {
      out.string(10, typeUrl);
    }
    if (value.length > 0) {
      out.bytes(18, value);
    }
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Any
        && ((Any) other).typeUrl.equals(typeUrl)
        && Arrays.equals(((Any) other).value, value);
  }

  @Override
  public int hashCode() {
    return 31 * typeUrl.hashCode() + Arrays.hashCode(value);
  }

  @Override
  public String toString() {
    return "Any(" + typeUrl + ", " + value.length + " bytes)";
  }
}
