package dev.judi.sdk;

import static dev.judi.sdk.Tests.equal;
import static dev.judi.sdk.Tests.refused;
import static dev.judi.sdk.Tests.that;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What values are checked for, and what ids are. */
final class ValuesTest {
  private ValuesTest() {}

  static void whatIsGivenIsCopied() {
    List<String> given = new ArrayList<>(List.of("a"));
    List<String> kept = Values.list(given);
    given.add("b");
    equal(kept, List.of("a"));
    Map<String, Integer> map = new HashMap<>(Map.of("\uffff", 1, "😀", 2, "a", 3));
    equal(new ArrayList<>(Values.map(map, Values.BY_UTF8).keySet()), List.of("a", "\uffff", "😀"));
    equal(Values.unsigned(-1), BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE));
  }

  static void whatCannotBeIsRefused() {
    List<Object> itself = new ArrayList<>();
    itself.add(itself);
    equal(refused(() -> Values.json(itself)), EventException.Code.TOO_DEEP);
    equal(refused(() -> Values.json(Double.NaN)), EventException.Code.INVALID_VALUE);
    equal(refused(() -> Values.json(new Object())), EventException.Code.INVALID_VALUE);
    equal(refused(() -> Values.uint32(-1)), EventException.Code.OUT_OF_RANGE);
    equal(refused(() -> Values.uint64(-1L)), EventException.Code.OUT_OF_RANGE);
    equal(
        refused(() -> Values.bits(BigInteger.ONE.shiftLeft(64))), EventException.Code.OUT_OF_RANGE);
  }

  static void aTestSeesWhatWasTracked() {
    Recorder recorder = new Recorder();
    recorder.track(new Seen("a", 3));
    recorder.expect(Seen.class).sent(new Seen("a", 0));
    recorder.expect(Seen.class).times(1);
    try {
      recorder.expect(Seen.class).sent(new Seen("b", 0));
    } catch (AssertionError e) {
      equal(e.getMessage(), "Seen(what=b) was expected, sent were [Seen(what=a, count=3)]");
      return;
    }
    throw new AssertionError("b was never sent");
  }

  static void idsAscendAndComeOnce() {
    String last = "";
    Set<String> all = new HashSet<>();
    for (int count = 0; count < 20_000; count++) {
      // The clock goes back now and then.
      String id = Uuid7.next(1_700_000_000_000L - count % 7);
      that(id.compareTo(last) > 0 && all.add(id), id + " after " + last);
      that(id.matches("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"), id);
      last = id;
    }
  }

  static void jsonIsRead() {
    Object value = Json.parse(" {\"a\": [1, -2.5e1, true, null, \"\\u00e9\\n\"], \"b\": {}} ");
    equal(String.valueOf(value), "{a=[1, -25.0, true, null, é\n], b={}}");
    for (String wrong : List.of("", "{", "[1,]", "01", "\"\\x\"", "{\"a\" 1}", "1 2", "nul")) {
      try {
        Json.parse(wrong);
      } catch (IllegalArgumentException e) {
        continue;
      }
      throw new AssertionError(wrong + " is no JSON");
    }
  }
}
