package dev.judi.sdk;

import static dev.judi.sdk.Tests.equal;
import static dev.judi.sdk.Tests.hex;
import static dev.judi.sdk.Tests.refused;

import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.function.Consumer;

/** Bytes by the encoding's specification. */
final class WriterTest {
  private WriterTest() {}

  private static String written(Consumer<Writer> write) {
    Writer out = new Writer();
    write.accept(out);
    return hex(out.toByteArray());
  }

  static void numbersAreAsShortAsCanBe() {
    equal(written(out -> out.int64(8, -1)), "08ffffffffffffffffff01");
    equal(written(out -> out.int64(8, 300)), "08ac02");
    equal(written(out -> out.sint(8, -2)), "0803");
    equal(written(out -> out.float32(13, Float.NaN)), "0d0000c07f");
    equal(written(out -> out.float64(9, -0.0)), "090000000000000080");
  }

  static void textIsUtf8AndHalfACharacterIsRefused() {
    equal(written(out -> out.string(10, "aé€😀")), "0a0a61c3a9e282acf09f9880");
    equal(
        refused(() -> written(out -> out.string(10, "a\ud800"))), EventException.Code.INVALID_TEXT);
    equal(
        refused(() -> written(out -> out.string(10, "\udc00\ud800"))),
        EventException.Code.INVALID_TEXT);
    String ascii = String.join("", Collections.nCopies(20_000, "a"));
    equal(written(out -> out.string(10, ascii)).substring(0, 10), "0aa09c0161");
    String wide = String.join("", Collections.nCopies(50, "€"));
    equal(written(out -> out.string(10, wide)).length(), 2 * (1 + 2 + 150));
  }

  static void timesAreInRange() {
    equal(
        written(out -> out.timestamp(10, Instant.ofEpochSecond(-1, 5))),
        "0a0d08ffffffffffffffffff011005");
    equal(written(out -> out.duration(10, Duration.ofNanos(-1))), "0a0b10ffffffffffffffffff01");
    Instant last = Instant.parse("9999-12-31T23:59:59.999999999Z");
    written(out -> out.timestamp(10, last));
    equal(
        refused(() -> written(out -> out.timestamp(10, last.plusNanos(1)))),
        EventException.Code.OUT_OF_RANGE);
    Duration longest = Duration.ofSeconds(315_576_000_000L);
    written(out -> out.duration(10, longest.negated()));
    equal(
        refused(() -> written(out -> out.duration(10, longest.negated().minusNanos(1)))),
        EventException.Code.OUT_OF_RANGE);
  }

  static void levelsAreCounted() {
    Consumer<Writer> deep =
        out -> {
          for (int level = 1; level <= 100; level++) {
            out.begin(10);
          }
        };
    written(deep);
    equal(refused(() -> written(deep.andThen(out -> out.begin(10)))), EventException.Code.TOO_DEEP);
  }
}
