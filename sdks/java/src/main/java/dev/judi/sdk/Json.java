package dev.judi.sdk;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads JSON: the server's answers. Objects are maps, arrays lists, numbers Long, Double or
 * BigDecimal.
 */
public final class Json {
  private static final int DEPTH_MAX = 1_000;

  private final String text;
  private int at;
  private int depth;

  private Json(String text) {
    this.text = text;
  }

  /**
   * The value of a text.
   *
   * @throws IllegalArgumentException where it is no JSON
   */
  @Nullable
  public static Object parse(@NonNull String text) {
    Json json = new Json(text);
    Object value = json.value();
    json.space();
    if (json.at != text.length()) {
      throw json.wrong();
    }
    return value;
  }

  private Object value() {
    space();
    if (at >= text.length()) {
      throw wrong();
    }
    switch (text.charAt(at)) {
      case '{':
        return object();
      case '[':
        return array();
      case '"':
        return string();
      case 't':
        return word("true", Boolean.TRUE);
      case 'f':
        return word("false", Boolean.FALSE);
      case 'n':
        return word("null", null);
      default:
        return number();
    }
  }

  private Map<String, Object> object() {
    Map<String, Object> members = new LinkedHashMap<>();
    enter();
    if (!ends('}')) {
      do {
        space();
        String name = string();
        space();
        expect(':');
        members.put(name, value());
        space();
      } while (takes(','));
      expect('}');
    }
    depth--;
    return members;
  }

  private List<Object> array() {
    List<Object> values = new ArrayList<>();
    enter();
    if (!ends(']')) {
      do {
        values.add(value());
        space();
      } while (takes(','));
      expect(']');
    }
    depth--;
    return values;
  }

  private void enter() {
    at++;
    if (++depth > DEPTH_MAX) {
      throw wrong();
    }
  }

  private boolean ends(char end) {
    space();
    return takes(end);
  }

  private boolean takes(char wanted) {
    if (at < text.length() && text.charAt(at) == wanted) {
      at++;
      return true;
    }
    return false;
  }

  private void expect(char wanted) {
    if (!takes(wanted)) {
      throw wrong();
    }
  }

  private String string() {
    expect('"');
    StringBuilder value = new StringBuilder();
    while (at < text.length()) {
      char character = text.charAt(at++);
      if (character == '"') {
        return value.toString();
      } else if (character == '\\') {
        value.append(escape());
      } else if (character < 0x20) {
        throw wrong();
      } else {
        value.append(character);
      }
    }
    throw wrong();
  }

  private char escape() {
    if (at >= text.length()) {
      throw wrong();
    }
    char escaped = text.charAt(at++);
    int control = "bfnrt".indexOf(escaped);
    if (control >= 0) {
      return "\b\f\n\r\t".charAt(control);
    } else if (escaped == '"' || escaped == '\\' || escaped == '/') {
      return escaped;
    } else if (escaped == 'u' && at + 4 <= text.length()) {
      at += 4;
      int unit = 0;
      for (int digit = at - 4; digit < at; digit++) {
        int value = Character.digit(text.charAt(digit), 16);
        if (value < 0) {
          throw wrong();
        }
        unit = unit << 4 | value;
      }
      return (char) unit;
    }
    throw wrong();
  }

  private Object word(String word, Object value) {
    if (!text.startsWith(word, at)) {
      throw wrong();
    }
    at += word.length();
    return value;
  }

  private Object number() {
    int start = at;
    while (at < text.length() && "+-.0123456789eE".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
    String number = text.substring(start, at);
    if (!number.matches("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?")) {
      throw wrong();
    }
    if (number.matches("-?[0-9]{1,18}") && !number.equals("-0")) {
      return Long.valueOf(number);
    }
    return number.matches("-?[0-9]+") && !number.equals("-0")
        ? new BigDecimal(number)
        : (Object) Double.valueOf(number);
  }

  private void space() {
    while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
  }

  private IllegalArgumentException wrong() {
    return new IllegalArgumentException("no JSON at " + at);
  }
}
