package dev.judi.sdk;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.zip.GZIPOutputStream;

/** {@code judi.v1.EventBatch}, as it is sent. */
final class Batch {
  private static final int GZIP_FROM = 1_000;

  private Batch() {}

  /** The batch at this moment; {@code roundTripMs} under 0: none was measured. */
  static byte[] encode(List<Queued> events, Clock clock, long roundTripMs) {
    Writer out = new Writer(512 * events.size() + 512);
    writeTime(1, clock.nowMicros(), out);
    Context shared = events.get(0).context;
    for (Queued event : events) {
      shared = shared.common(event.context);
    }
    shared.writeWithout(Context.EMPTY, 18, out);
    for (Queued event : events) {
      int at = out.begin(26);
      write(event, shared, out);
      out.end(at);
    }
    out.int64(40, clock.monotonicMs());
    if (roundTripMs >= 0) {
      out.int64(48, roundTripMs);
    }
    return out.toByteArray();
  }

  private static void write(Queued event, Context shared, Writer out) {
    out.string(10, event.id);
    out.string(18, event.event);
    writeTime(3, event.occurredMicros, out);
    if (event.sequence > 0) {
      out.int64(32, event.sequence);
    }
    if (event.monotonicMs >= 0) {
      out.int64(40, event.monotonicMs);
    }
    if (event.schemaVersion != 0) {
      out.int64(48, event.schemaVersion);
    }
    event.context.writeWithout(shared, 58, out);
    if (event.payload.length > 0) {
      out.bytes(66, event.payload);
    }
  }

  private static void writeTime(int number, long micros, Writer out) {
    out.time(
        number << 3 | 2,
        Math.floorDiv(micros, 1_000_000L),
        (int) Math.floorMod(micros, 1_000_000L) * 1_000);
  }

  /** The body in gzip; null: it is too short for that. */
  static byte[] gzipped(byte[] body) {
    if (body.length <= GZIP_FROM) {
      return null;
    }
    ByteArrayOutputStream zipped = new ByteArrayOutputStream(body.length / 2);
    try (GZIPOutputStream out = new GZIPOutputStream(zipped)) {
      out.write(body);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return zipped.toByteArray();
  }
}
