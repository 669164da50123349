package dev.judi.sdk;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.SplittableRandom;

/**
 * UUIDv7 (RFC 9562, 5.7): ascending within a process. Of one millisecond's ids the 12 bits behind
 * it count up from a random start; where they run over, or the clock goes back, the last
 * millisecond is counted on.
 */
final class Uuid7 {
  private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
  private static final SplittableRandom RANDOM =
      new SplittableRandom(new SecureRandom().nextLong());

  private static long lastMs;
  private static int count;

  private Uuid7() {}

  static String next(long nowMs) {
    long high;
    long low;
    synchronized (RANDOM) {
      if (nowMs > lastMs) {
        lastMs = nowMs;
        count = RANDOM.nextInt(0x800);
      } else if (++count > 0xfff) {
        lastMs++;
        count = RANDOM.nextInt(0x800);
      }
      high = lastMs << 16 | 0x7000 | count;
      low = RANDOM.nextLong() & 0x3fff_ffff_ffff_ffffL | 0x8000_0000_0000_0000L;
    }
    return text(high, low);
  }

  /** In hex, with dashes. */
  static String text(long high, long low) {
    byte[] text = new byte[36];
    int at = 0;
    for (int digit = 0; digit < 32; digit++) {
      if (digit == 8 || digit == 12 || digit == 16 || digit == 20) {
        text[at++] = '-';
      }
      long half = digit < 16 ? high : low;
      text[at++] = HEX[(int) (half >>> (60 - 4 * (digit & 15))) & 15];
    }
    return new String(text, StandardCharsets.ISO_8859_1);
  }
}
