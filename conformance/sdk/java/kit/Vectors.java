package kit;

import dev.judi.events.Calls;
import dev.judi.events.sdk.EventException;
import dev.judi.events.sdk.Json;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * Answers each line of the kit's vectors with the bytes of its payload, or the word for why there
 * are none.
 */
public final class Vectors {
  private Vectors() {}

  public static void main(String[] arguments) throws Exception {
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      Map<String, Object> vector = Read.object(Json.parse(line));
      out.println("{\"id\":" + quoted((String) vector.get("id")) + "," + answer(vector) + "}");
      out.flush();
    }
  }

  private static String answer(Map<String, Object> vector) {
    try {
      byte[] bytes =
          Calls.of((String) vector.get("event"), Read.object(vector.get("call"))).encode();
      StringBuilder hex = new StringBuilder();
      for (byte each : bytes) {
        hex.append(Character.forDigit(each >> 4 & 15, 16))
            .append(Character.forDigit(each & 15, 16));
      }
      return "\"bytes\":\"" + hex + "\"";
    } catch (EventException e) {
      return "\"error\":\"" + e.code().word() + "\"";
    }
  }

  static String quoted(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    for (char character : text.toCharArray()) {
      if (character == '"' || character == '\\') {
        quoted.append('\\').append(character);
      } else if (character < 0x20) {
        quoted.append(String.format("\\u%04x", (int) character));
      } else {
        quoted.append(character);
      }
    }
    return quoted.append('"').toString();
  }
}
