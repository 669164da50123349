package dev.judi.sdk;

import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * For the generated code: protobuf, written straight on. A message's length stands before it and is
 * known after it: one byte is left for it, and what follows moves where it needs more.
 */
public final class Writer {
  static final int LEVELS_MAX = 100;

  private static final long SECONDS_MIN = -62_135_596_800L;
  private static final long SECONDS_MAX = 253_402_300_799L;
  private static final long DURATION_SECONDS_MAX = 315_576_000_000L;
  private static final int START = 256;

  private byte[] buffer;
  private int length;
  private int level;

  /** Empty. */
  public Writer() {
    this(START);
  }

  Writer(int capacity) {
    buffer = new byte[capacity];
  }

  byte[] toByteArray() {
    return Arrays.copyOf(buffer, length);
  }

  int length() {
    return length;
  }

  byte[] array() {
    return buffer;
  }

  static EventException tooDeep() {
    return new EventException(
        EventException.Code.TOO_DEEP,
        "messages lie more than " + LEVELS_MAX + " levels deep in each other");
  }

  void event(Message event) {
    level = 1;
    event.writeTo(this);
  }

  /** A message opens: its tag. Returns where its length goes. */
  public int begin(int tag) {
    if (++level > LEVELS_MAX) {
      throw tooDeep();
    }
    return open(tag);
  }

  /** The message of {@link #begin} ends. */
  public void end(int at) {
    level--;
    close(at);
  }

  /** Anything with its length before it opens. */
  public int open(int tag) {
    putVarint32(tag);
    ensure(1);
    return length++;
  }

  /** What {@link #open} began ends. */
  public void close(int at) {
    int size = length - at - 1;
    if (size > 0x7f) {
      int more = size < 1 << 14 ? 1 : size < 1 << 21 ? 2 : size < 1 << 28 ? 3 : 4;
      ensure(more);
      System.arraycopy(buffer, at + 1, buffer, at + 1 + more, size);
      length += more;
    }
    int place = at;
    int rest = size;
    while (rest > 0x7f) {
      buffer[place++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    buffer[place] = (byte) rest;
  }

  private void ensure(int more) {
    if (buffer.length - length < more) {
      buffer = Arrays.copyOf(buffer, Math.max(buffer.length * 2, length + more));
    }
  }

  private void putVarint32(int value) {
    ensure(5);
    int rest = value;
    while ((rest & ~0x7f) != 0) {
      buffer[length++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    buffer[length++] = (byte) rest;
  }

  private void putVarint(long value) {
    ensure(10);
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      buffer[length++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    buffer[length++] = (byte) rest;
  }

  /** An int32, int64, uint32 or uint64, without a tag. */
  public void putInt(long value) {
    putVarint(value);
  }

  /** A sint32 or sint64, without a tag. */
  public void putSint(long value) {
    putVarint((value << 1) ^ (value >> 63));
  }

  /** A fixed32 or sfixed32, without a tag. */
  public void putFixed32(long value) {
    ensure(4);
    for (int shift = 0; shift < 32; shift += 8) {
      buffer[length++] = (byte) (value >>> shift);
    }
  }

  /** A fixed64 or sfixed64, without a tag. */
  public void putFixed64(long value) {
    ensure(8);
    for (int shift = 0; shift < 64; shift += 8) {
      buffer[length++] = (byte) (value >>> shift);
    }
  }

  /** A float, without a tag. */
  public void putFloat(float value) {
    putFixed32(Float.floatToIntBits(value));
  }

  /** A double, without a tag. */
  public void putDouble(double value) {
    putFixed64(Double.doubleToLongBits(value));
  }

  /** A bool, without a tag. */
  public void putBool(boolean value) {
    ensure(1);
    buffer[length++] = (byte) (value ? 1 : 0);
  }

  /** An enum's number, without a tag. */
  public void putEnum(EnumValue value) {
    putVarint(value.number());
  }

  /** An int32, int64, uint32 or uint64. */
  public void int64(int tag, long value) {
    putVarint32(tag);
    putVarint(value);
  }

  /** A sint32 or sint64. */
  public void sint(int tag, long value) {
    putVarint32(tag);
    putSint(value);
  }

  /** A fixed32 or sfixed32. */
  public void fixed32(int tag, long value) {
    putVarint32(tag);
    putFixed32(value);
  }

  /** A fixed64 or sfixed64. */
  public void fixed64(int tag, long value) {
    putVarint32(tag);
    putFixed64(value);
  }

  /** A float. */
  public void float32(int tag, float value) {
    putVarint32(tag);
    putFloat(value);
  }

  /** A double. */
  public void float64(int tag, double value) {
    putVarint32(tag);
    putDouble(value);
  }

  /** A bool. */
  public void bool(int tag, boolean value) {
    putVarint32(tag);
    putBool(value);
  }

  /** An enum. */
  public void enumeration(int tag, EnumValue value) {
    putVarint32(tag);
    putVarint(value.number());
  }

  /** Bytes. */
  public void bytes(int tag, byte[] value) {
    putVarint32(tag);
    putVarint32(value.length);
    putRaw(value, 0, value.length);
  }

  void putRaw(byte[] value, int from, int count) {
    ensure(count);
    System.arraycopy(value, from, buffer, length, count);
    length += count;
  }

  /** Text, in UTF-8. */
  public void string(int tag, String value) {
    int at = open(tag);
    int units = value.length();
    ensure(units);
    int unit = 0;
    while (unit < units) {
      char character = value.charAt(unit);
      if (character >= 0x80) {
        break;
      }
      buffer[length++] = (byte) character;
      unit++;
    }
    if (unit < units) {
      putBeyondAscii(value, unit);
    }
    close(at);
  }

  private void putBeyondAscii(String value, int from) {
    int units = value.length();
    // Three bytes for each unit are enough: a pair of two takes four.
    ensure(3 * (units - from));
    for (int unit = from; unit < units; unit++) {
      int point = value.charAt(unit);
      if (point < 0x80) {
        buffer[length++] = (byte) point;
        continue;
      }
      if (point < 0x800) {
        buffer[length++] = (byte) (0xc0 | point >> 6);
      } else {
        if (point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE) {
          point = pair(value, unit++);
          buffer[length++] = (byte) (0xf0 | point >> 18);
          buffer[length++] = (byte) (0x80 | point >> 12 & 0x3f);
        } else {
          buffer[length++] = (byte) (0xe0 | point >> 12);
        }
        buffer[length++] = (byte) (0x80 | point >> 6 & 0x3f);
      }
      buffer[length++] = (byte) (0x80 | point & 0x3f);
    }
  }

  private static int pair(String value, int unit) {
    char high = value.charAt(unit);
    if (unit + 1 < value.length() && Character.isSurrogatePair(high, value.charAt(unit + 1))) {
      return Character.toCodePoint(high, value.charAt(unit + 1));
    }
    throw new EventException(
        EventException.Code.INVALID_TEXT, "half a surrogate pair at place " + unit + " of a text");
  }

  /** A message. */
  public void message(int tag, Message value) {
    int at = begin(tag);
    value.writeTo(this);
    end(at);
  }

  /** A message between a start and an end tag. */
  public void group(int startTag, Message value) {
    if (++level > LEVELS_MAX) {
      throw tooDeep();
    }
    putVarint32(startTag);
    value.writeTo(this);
    putVarint32(startTag + 1);
    level--;
  }

  /** A moment. */
  public void timestamp(int tag, Instant value) {
    long seconds = value.getEpochSecond();
    if (seconds < SECONDS_MIN || seconds > SECONDS_MAX) {
      throw EventException.range(value + " is no moment of the years 1 to 9999");
    }
    time(tag, seconds, value.getNano());
  }

  /** A length of time. */
  public void duration(int tag, Duration value) {
    long seconds = value.getSeconds();
    int nanos = value.getNano();
    if (seconds < 0 && nanos > 0) {
      seconds++;
      nanos -= 1_000_000_000;
    }
    boolean isAtEnd = seconds == DURATION_SECONDS_MAX || seconds == -DURATION_SECONDS_MAX;
    if (seconds < -DURATION_SECONDS_MAX
        || seconds > DURATION_SECONDS_MAX
        || (isAtEnd && nanos != 0)) {
      throw EventException.range(value + " is over 10,000 years");
    }
    time(tag, seconds, nanos);
  }

  void time(int tag, long seconds, int nanos) {
    int at = begin(tag);
    if (seconds != 0) {
      int64(8, seconds);
    }
    if (nanos != 0) {
      int64(16, nanos);
    }
    end(at);
  }

  /** A wrapped whole number. */
  public void wrapInt(int tag, long value) {
    int at = begin(tag);
    if (value != 0) {
      int64(8, value);
    }
    end(at);
  }

  /** A wrapped double. */
  public void wrapDouble(int tag, double value) {
    int at = begin(tag);
    if (Double.doubleToRawLongBits(value) != 0) {
      float64(9, value);
    }
    end(at);
  }

  /** A wrapped float. */
  public void wrapFloat(int tag, float value) {
    int at = begin(tag);
    if (Float.floatToRawIntBits(value) != 0) {
      float32(13, value);
    }
    end(at);
  }

  /** A wrapped bool. */
  public void wrapBool(int tag, boolean value) {
    int at = begin(tag);
    if (value) {
      bool(8, true);
    }
    end(at);
  }

  /** A wrapped text. */
  public void wrapString(int tag, String value) {
    int at = begin(tag);
    if (!value.isEmpty()) {
      string(10, value);
    }
    end(at);
  }

  /** Wrapped bytes. */
  public void wrapBytes(int tag, byte[] value) {
    int at = begin(tag);
    if (value.length != 0) {
      bytes(10, value);
    }
    end(at);
  }

  /** A message of some type. */
  public void any(int tag, Any value) {
    int at = begin(tag);
    value.writeTo(this);
    end(at);
  }

  /** A JSON object. */
  public void struct(int tag, Map<?, ?> value) {
    int at = begin(tag);
    for (Map.Entry<?, ?> entry : value.entrySet()) {
      int inner = begin(10);
      string(10, (String) entry.getKey());
      json(18, entry.getValue());
      end(inner);
    }
    end(at);
  }

  /** A JSON array. */
  public void listValue(int tag, List<?> value) {
    int at = begin(tag);
    for (Object inner : value) {
      json(10, inner);
    }
    end(at);
  }

  /** A JSON value, as {@link Values#json} copied it. */
  public void json(int tag, Object value) {
    int at = begin(tag);
    if (value instanceof Double) {
      float64(17, (Double) value);
    } else if (value instanceof String) {
      string(26, (String) value);
    } else if (value instanceof Boolean) {
      bool(32, (Boolean) value);
    } else if (value instanceof Map) {
      struct(42, (Map<?, ?>) value);
    } else if (value instanceof List) {
      listValue(50, (List<?>) value);
    } else {
      int64(8, 0);
    }
    end(at);
  }
}
