package dev.judi.sdk;

/** A value that an event cannot have. Nothing of the event is queued or sent. */
public final class EventException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  /** What is wrong; the words are the same in all languages. */
  public enum Code {
    /** A required field is not set. */
    MISSING_REQUIRED,
    /** A number or a time that its field cannot hold. */
    OUT_OF_RANGE,
    /** Text with half a surrogate pair. */
    INVALID_TEXT,
    /** NaN in JSON, or a value of a type that the field cannot have. */
    INVALID_VALUE,
    /** Messages that lie more than 100 levels deep in each other. */
    TOO_DEEP;

    /** {@code out_of_range}. */
    public String word() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  private final Code code;

  /** For the generated code. */
  public EventException(Code code, String detail) {
    super(code.word() + ": " + detail);
    this.code = code;
  }

  /** What is wrong. */
  public Code code() {
    return code;
  }

  /** The field, or the event, that must be set and is not. */
  public static EventException missing(String field) {
    return new EventException(Code.MISSING_REQUIRED, field + " must be set");
  }

  static EventException range(String detail) {
    return new EventException(Code.OUT_OF_RANGE, detail);
  }

  static EventException value(String detail) {
    return new EventException(Code.INVALID_VALUE, detail);
  }
}
