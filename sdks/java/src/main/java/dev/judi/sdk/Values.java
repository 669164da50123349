package dev.judi.sdk;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * For the generated code: values are checked and copied when they are given, so that nobody changes
 * them later.
 */
public final class Values {
  /** Stands for JSON's null, which is a value, where null is none. */
  public static final Object JSON_NULL =
      new Object() {
        @Override
        public String toString() {
          return "null";
        }
      };

  /** Text by its UTF-8 bytes, which is by its code points. */
  public static final Comparator<String> BY_UTF8 = Values::compareUtf8;

  /** Numbers by size, as they are. */
  public static final Comparator<Integer> BY_INT = Comparator.naturalOrder();

  /** Numbers by size, as they are. */
  public static final Comparator<Long> BY_LONG = Comparator.naturalOrder();

  /** Numbers by size, as they are. */
  public static final Comparator<BigInteger> BY_UNSIGNED = Comparator.naturalOrder();

  /** False before true. */
  public static final Comparator<Boolean> BY_BOOLEAN = Comparator.naturalOrder();

  private static final long UINT32_MAX = 0xffff_ffffL;

  private Values() {}

  /** The value, which must be there. */
  @NonNull
  public static <T> T required(@Nullable T value, String field) {
    if (value == null) {
      throw EventException.missing(field);
    }
    return value;
  }

  /** A uint32. */
  public static long uint32(long value) {
    if (value < 0 || value > UINT32_MAX) {
      throw EventException.range(value + " is no uint32");
    }
    return value;
  }

  /** A uint64 up to Long.MAX_VALUE. */
  public static long uint64(long value) {
    if (value < 0) {
      throw EventException.range(
          value + " is negative; a uint64 over 2^63-1 is given as a BigInteger");
    }
    return value;
  }

  /** The bits of a uint64. */
  public static long bits(BigInteger value) {
    return uint64(value).longValue();
  }

  /** The uint64 of these bits. */
  @NonNull
  public static BigInteger unsigned(long bits) {
    BigInteger low = BigInteger.valueOf(bits & Long.MAX_VALUE);
    return bits < 0 ? low.setBit(63) : low;
  }

  /** A uint64. */
  @NonNull
  public static BigInteger uint64(BigInteger value) {
    if (value.signum() < 0 || value.bitLength() > 64) {
      throw EventException.range(value + " is no uint64");
    }
    return value;
  }

  /** A copy. */
  @NonNull
  public static byte[] bytes(byte[] value) {
    return value.clone();
  }

  /** A copy of a list, each of whose values is something. */
  @NonNull
  public static <T> List<T> list(@Nullable Iterable<? extends T> values) {
    return list(values, value -> value);
  }

  /** A copy of a list and of each of its values. */
  @NonNull
  public static <T> List<T> list(@Nullable Iterable<? extends T> values, Function<T, T> copy) {
    if (values == null) {
      return Collections.emptyList();
    }
    List<T> copied = new ArrayList<>();
    for (T value : values) {
      copied.add(copy.apply(something(value)));
    }
    return Collections.unmodifiableList(copied);
  }

  /** A copy of a list of JSON values, null being one. */
  @NonNull
  public static List<Object> jsons(@Nullable Iterable<?> values) {
    List<Object> copied = new ArrayList<>();
    if (values != null) {
      for (Object value : values) {
        copied.add(json(value));
      }
    }
    return Collections.unmodifiableList(copied);
  }

  /** A copy of a map, in the order in which it is written. */
  @NonNull
  public static <K, V> Map<K, V> map(
      @Nullable Map<? extends K, ? extends V> values, Comparator<K> order) {
    return map(values, order, key -> key, value -> value);
  }

  /** A copy of a map, of each of its keys and values, in the order in which it is written. */
  @NonNull
  public static <K, V> Map<K, V> map(
      @Nullable Map<? extends K, ? extends V> values,
      Comparator<K> order,
      Function<K, K> copyKey,
      Function<V, V> copyValue) {
    if (values == null || values.isEmpty()) {
      return Collections.emptyMap();
    }
    TreeMap<K, V> copied = new TreeMap<>(order);
    for (Map.Entry<? extends K, ? extends V> entry : values.entrySet()) {
      copied.put(
          copyKey.apply(something(entry.getKey())), copyValue.apply(something(entry.getValue())));
    }
    return Collections.unmodifiableMap(copied);
  }

  /** A copy of a map of JSON values, null being one. */
  @NonNull
  public static <K> Map<K, Object> jsonMap(
      @Nullable Map<? extends K, ?> values, Comparator<K> order, Function<K, K> copyKey) {
    if (values == null || values.isEmpty()) {
      return Collections.emptyMap();
    }
    TreeMap<K, Object> copied = new TreeMap<>(order);
    for (Map.Entry<? extends K, ?> entry : values.entrySet()) {
      copied.put(copyKey.apply(something(entry.getKey())), json(entry.getValue()));
    }
    return Collections.unmodifiableMap(copied);
  }

  /**
   * A copy of a JSON value: null, Boolean, a Number, a CharSequence, a Map with text as keys, an
   * Iterable.
   */
  @NonNull
  public static Object json(@Nullable Object value) {
    return json(value, 0);
  }

  /** A copy of a JSON object. */
  @NonNull
  public static Map<String, ?> object(Map<String, ?> value) {
    return object(value, 0);
  }

  /** A copy of a JSON array. */
  @NonNull
  public static List<?> array(Iterable<?> value) {
    return array(value, 0);
  }

  private static Object json(Object value, int depth) {
    if (value == null || value == JSON_NULL) {
      return JSON_NULL;
    } else if (value instanceof Boolean || value instanceof String) {
      return value;
    } else if (value instanceof CharSequence || value instanceof Character) {
      return value.toString();
    } else if (value instanceof Number) {
      return number((Number) value);
    } else if (value instanceof Map) {
      return object((Map<?, ?>) value, depth);
    } else if (value instanceof Iterable) {
      return array((Iterable<?>) value, depth);
    }
    throw EventException.value(value.getClass().getName() + " is no JSON value");
  }

  private static Double number(Number value) {
    double number = value.doubleValue();
    if (Double.isNaN(number) || Double.isInfinite(number)) {
      throw EventException.value("JSON has no " + number);
    }
    return number;
  }

  private static Map<String, Object> object(Map<?, ?> value, int depth) {
    TreeMap<String, Object> copied = new TreeMap<>(BY_UTF8);
    for (Map.Entry<?, ?> entry : value.entrySet()) {
      if (!(entry.getKey() instanceof CharSequence)) {
        throw EventException.value("the keys of a JSON object are text");
      }
      copied.put(entry.getKey().toString(), json(entry.getValue(), deeper(depth)));
    }
    return Collections.unmodifiableMap(copied);
  }

  private static List<Object> array(Iterable<?> value, int depth) {
    List<Object> copied = new ArrayList<>();
    for (Object inner : value) {
      copied.add(json(inner, deeper(depth)));
    }
    return Collections.unmodifiableList(copied);
  }

  /** What holds itself ends here; what is written is held to the exact limit by the writer. */
  private static int deeper(int depth) {
    if (depth >= Writer.LEVELS_MAX) {
      throw Writer.tooDeep();
    }
    return depth + 1;
  }

  private static <T> T something(T value) {
    if (value == null) {
      throw EventException.value("null in a list or a map");
    }
    return value;
  }

  private static int compareUtf8(String one, String other) {
    int length = Math.min(one.length(), other.length());
    for (int at = 0; at < length; at++) {
      char left = one.charAt(at);
      char right = other.charAt(at);
      if (left != right) {
        // Surrogates stand for code points over all others, U+E000 to U+FFFF included.
        boolean isLeftHigh = Character.isSurrogate(left);
        return isLeftHigh == Character.isSurrogate(right)
            ? Character.compare(left, right)
            : isLeftHigh ? 1 : -1;
      }
    }
    return Integer.compare(one.length(), other.length());
  }

  /** Whether nothing of it is written. */
  static boolean isZero(@Nullable Object value) {
    return value == null
        || (value instanceof Implicit && ((Implicit) value).isZero())
        || (value instanceof List && ((List<?>) value).isEmpty())
        || (value instanceof Map && ((Map<?, ?>) value).isEmpty());
  }

  /** For the generated code: the value of an implicit field, which is not set where it is zero. */
  public static Object implicit(Object value) {
    return new Implicit(value);
  }

  static boolean same(@Nullable Object one, @Nullable Object other) {
    if (one instanceof byte[] && other instanceof byte[]) {
      return Arrays.equals((byte[]) one, (byte[]) other);
    } else if (one instanceof Object[] && other instanceof Object[]) {
      return same(Arrays.asList((Object[]) one), Arrays.asList((Object[]) other));
    } else if (one instanceof List && other instanceof List) {
      return sameLists((List<?>) one, (List<?>) other);
    } else if (one instanceof Map && other instanceof Map) {
      return sameMaps((Map<?, ?>) one, (Map<?, ?>) other);
    }
    return one == null ? other == null : one.equals(other);
  }

  private static boolean sameLists(List<?> one, List<?> other) {
    if (one.size() != other.size()) {
      return false;
    }
    Iterator<?> right = other.iterator();
    for (Object left : one) {
      if (!same(left, right.next())) {
        return false;
      }
    }
    return true;
  }

  private static boolean sameMaps(Map<?, ?> one, Map<?, ?> other) {
    Map<Object, Object> left = new LinkedHashMap<>(one);
    Map<Object, Object> right = new LinkedHashMap<>(other);
    return left.keySet().equals(right.keySet())
        && left.entrySet().stream().allMatch(it -> same(it.getValue(), right.get(it.getKey())));
  }

  static int hash(@Nullable Object value) {
    if (value instanceof byte[]) {
      return Arrays.hashCode((byte[]) value);
    } else if (value instanceof Object[]) {
      return hash(Arrays.asList((Object[]) value));
    } else if (value instanceof List) {
      int hash = 1;
      for (Object inner : (List<?>) value) {
        hash = 31 * hash + hash(inner);
      }
      return hash;
    } else if (value instanceof Map) {
      int hash = 0;
      for (Map.Entry<?, ?> entry : ((Map<?, ?>) value).entrySet()) {
        hash += entry.getKey().hashCode() ^ hash(entry.getValue());
      }
      return hash;
    }
    return value == null ? 0 : value.hashCode();
  }

  static String text(@Nullable Object value) {
    return value instanceof byte[] ? ((byte[]) value).length + " bytes" : String.valueOf(value);
  }

  private static final class Implicit {
    private final Object value;

    Implicit(Object value) {
      this.value = value;
    }

    boolean isZero() {
      if (value instanceof EnumValue) {
        return ((EnumValue) value).number() == 0;
      } else if (value instanceof Double) {
        return Double.doubleToRawLongBits((Double) value) == 0;
      } else if (value instanceof Float) {
        return Float.floatToRawIntBits((Float) value) == 0;
      } else if (value instanceof Number) {
        return ((Number) value).longValue() == 0;
      } else if (value instanceof byte[]) {
        return ((byte[]) value).length == 0;
      }
      return Boolean.FALSE.equals(value) || "".equals(value);
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Implicit && same(((Implicit) other).value, value);
    }

    @Override
    public int hashCode() {
      return hash(value);
    }

    @Override
    public String toString() {
      return text(value);
    }
  }
}
