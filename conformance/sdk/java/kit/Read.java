package kit;

import dev.judi.events.sdk.Any;
import dev.judi.events.sdk.EventException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Values of Java from the kit's JSON. What Java's types cannot hold is refused here, by the same
 * words.
 */
public final class Read {
  private static final BigInteger NANOS = BigInteger.valueOf(999_999_999);

  private Read() {}

  public static EventException invalid(Object value) {
    return new EventException(EventException.Code.INVALID_VALUE, String.valueOf(value));
  }

  private static EventException range(Object value) {
    return new EventException(EventException.Code.OUT_OF_RANGE, String.valueOf(value));
  }

  /** A call has no other members than these. */
  public static void only(Map<String, Object> call, String... names) {
    for (String name : call.keySet()) {
      if (!Arrays.asList(names).contains(name)) {
        throw invalid(name);
      }
    }
  }

  /** Of a oneof one field is set. */
  public static void first(Object before) {
    if (before != null) {
      throw invalid("two fields of a oneof");
    }
  }

  public static Object required(Map<String, Object> call, String name) {
    if (call.get(name) == null) {
      throw EventException.missing(name);
    }
    return call.get(name);
  }

  private static BigInteger whole(Object value) {
    if (value instanceof Number) {
      BigDecimal number = decimal(value);
      try {
        return number.toBigIntegerExact();
      } catch (ArithmeticException e) {
        throw range(value);
      }
    }
    if (!(value instanceof String)) {
      throw invalid(value);
    }
    String text = (String) value;
    if (text.matches("-?[0-9]+")) {
      return new BigInteger(text);
    }
    float64(value);
    throw range(value);
  }

  private static BigDecimal decimal(Object value) {
    return value instanceof BigDecimal ? (BigDecimal) value : new BigDecimal(value.toString());
  }

  public static int int32(Object value) {
    BigInteger number = whole(value);
    if (number.bitLength() > 31) {
      throw range(value);
    }
    return number.intValue();
  }

  public static long int64(Object value) {
    BigInteger number = whole(value);
    if (number.bitLength() > 63) {
      throw range(value);
    }
    return number.longValue();
  }

  /** The setter looks whether it is one. */
  public static long uint32(Object value) {
    return int64(value);
  }

  /** The setter looks whether it is one. */
  public static BigInteger uint64(Object value) {
    return whole(value);
  }

  public static double float64(Object value) {
    if (value instanceof Number) {
      return ((Number) value).doubleValue();
    }
    if (!(value instanceof String)) {
      throw invalid(value);
    }
    try {
      return Double.parseDouble((String) value);
    } catch (NumberFormatException e) {
      throw invalid(value);
    }
  }

  public static float float32(Object value) {
    double wide = float64(value);
    float narrow = (float) wide;
    if (Float.isInfinite(narrow) && !Double.isInfinite(wide)) {
      throw range(value);
    }
    return narrow;
  }

  public static boolean bool(Object value) {
    if (!(value instanceof Boolean)) {
      throw invalid(value);
    }
    return (Boolean) value;
  }

  public static String string(Object value) {
    if (value instanceof String) {
      return (String) value;
    }
    String escaped = escaped(value);
    if (escaped == null) {
      throw invalid(value);
    }
    return escaped;
  }

  /** {"$utf16": ["d800"]}; null: it is none. */
  private static String escaped(Object value) {
    if (!(value instanceof Map)
        || !((Map<?, ?>) value).keySet().equals(java.util.Set.of("$utf16"))) {
      return null;
    }
    StringBuilder text = new StringBuilder();
    for (Object unit : (List<?>) ((Map<?, ?>) value).get("$utf16")) {
      text.append((char) Integer.parseInt((String) unit, 16));
    }
    return text.toString();
  }

  public static byte[] bytes(Object value) {
    if (!(value instanceof String)) {
      throw invalid(value);
    }
    try {
      return Base64.getDecoder().decode((String) value);
    } catch (IllegalArgumentException e) {
      throw invalid(value);
    }
  }

  /** The number of an enum's value, from its name or its number. */
  public static int number(Object value, Object... namesAndNumbers) {
    if (value instanceof String && !((String) value).matches("[-0-9].*")) {
      for (int at = 0; at < namesAndNumbers.length; at += 2) {
        if (namesAndNumbers[at].equals(value)) {
          return (Integer) namesAndNumbers[at + 1];
        }
      }
      throw invalid(value);
    }
    return int32(value);
  }

  @SuppressWarnings("unchecked")
  public static Map<String, Object> object(Object value) {
    if (!(value instanceof Map)) {
      throw invalid(value);
    }
    return (Map<String, Object>) value;
  }

  private static BigInteger part(Object value, String name) {
    Object part = object(value).get(name);
    return part == null ? BigInteger.ZERO : whole(part);
  }

  public static Instant timestamp(Object value) {
    BigInteger seconds = part(value, "seconds");
    BigInteger nanos = part(value, "nanos");
    // An Instant has its nanoseconds in range by itself.
    boolean fits = nanos.signum() >= 0 && nanos.compareTo(NANOS) <= 0 && seconds.bitLength() < 50;
    if (!fits) {
      throw range(value);
    }
    return Instant.ofEpochSecond(seconds.longValue(), nanos.longValue());
  }

  public static Duration duration(Object value) {
    BigInteger seconds = part(value, "seconds");
    BigInteger nanos = part(value, "nanos");
    boolean isOneSign = seconds.signum() * nanos.signum() >= 0;
    if (!isOneSign || nanos.abs().compareTo(NANOS) > 0 || seconds.bitLength() > 62) {
      throw range(value);
    }
    return Duration.ofSeconds(seconds.longValue(), nanos.longValue());
  }

  public static Any any(Object value) {
    Object url = object(value).get("type_url");
    Object bytes = object(value).get("value");
    return Any.of(url == null ? "" : string(url), bytes == null ? new byte[0] : bytes(bytes));
  }

  public static Object json(Object value) {
    String escaped = escaped(value);
    if (escaped != null) {
      return escaped;
    }
    if (value instanceof Map) {
      Map<?, ?> members = (Map<?, ?>) value;
      if (members.size() == 1 && members.containsKey("$number")) {
        return float64(members.get("$number"));
      }
      return jsonObject(value);
    }
    return value instanceof List ? jsonArray(value) : value;
  }

  public static Map<String, Object> jsonObject(Object value) {
    Map<String, Object> members = new LinkedHashMap<>();
    object(value).forEach((name, member) -> members.put(name, json(member)));
    return members;
  }

  public static List<Object> jsonArray(Object value) {
    return list(value, Read::json);
  }

  public static <T> List<T> list(Object value, Function<Object, T> read) {
    if (!(value instanceof List)) {
      throw invalid(value);
    }
    List<T> values = new ArrayList<>();
    for (Object inner : (List<?>) value) {
      values.add(read.apply(inner));
    }
    return values;
  }

  public static <K, V> Map<K, V> map(
      Object value, Function<Object, K> readKey, Function<Object, V> read) {
    Map<K, V> entries = new LinkedHashMap<>();
    for (List<?> pair : Read.<List<?>>list(value, it -> list(it, inner -> inner))) {
      if (pair.size() != 2) {
        throw invalid(pair);
      }
      entries.put(readKey.apply(pair.get(0)), read.apply(pair.get(1)));
    }
    return entries;
  }
}
