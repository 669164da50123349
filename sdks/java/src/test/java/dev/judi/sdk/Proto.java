package dev.judi.sdk;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Reads protobuf without a schema, for the tests: numbers as Long, the rest as bytes, by the
 * field's number.
 */
final class Proto {
  final Map<Integer, List<Object>> fields = new TreeMap<>();
  private final byte[] bytes;
  private int at;

  Proto(byte[] bytes) {
    this.bytes = bytes;
    while (at < bytes.length) {
      int tag = (int) varint();
      fields.computeIfAbsent(tag >>> 3, number -> new ArrayList<>()).add(value(tag & 7));
    }
  }

  private Object value(int wire) {
    if (wire == 0) {
      return varint();
    }
    int size = wire == 2 ? (int) varint() : wire == 1 ? 8 : 4;
    byte[] value = java.util.Arrays.copyOfRange(bytes, at, at + size);
    at += size;
    return value;
  }

  private long varint() {
    long value = 0;
    for (int shift = 0; ; shift += 7) {
      byte next = bytes[at++];
      value |= (next & 0x7fL) << shift;
      if (next >= 0) {
        return value;
      }
    }
  }

  boolean has(int number) {
    return fields.containsKey(number);
  }

  long number(int number) {
    return has(number) ? (Long) fields.get(number).get(0) : 0;
  }

  String text(int number) {
    return has(number)
        ? new String((byte[]) fields.get(number).get(0), StandardCharsets.UTF_8)
        : "";
  }

  Proto message(int number) {
    return new Proto(has(number) ? (byte[]) fields.get(number).get(0) : new byte[0]);
  }

  List<Proto> messages(int number) {
    List<Proto> found = new ArrayList<>();
    for (Object each : fields.getOrDefault(number, List.of())) {
      found.add(new Proto((byte[]) each));
    }
    return found;
  }
}
