package dev.judi.sdk;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;

/**
 * A file that only grows: frames of length, CRC-32 and body. A body is an event, or the ids of
 * events that left the queue. What a killed process wrote in part is the last frame, and is cut off
 * when the file is read again.
 */
final class Segment {
  private static final int HEAD = 8;
  private static final int BODY_MAX = 64 << 20;
  private static final byte EVENT = 1;
  private static final byte DONE = 2;

  final File file;

  /** Events of it that are still in the queue. */
  int live;

  private long length;
  private FileChannel channel;

  Segment(File file) {
    this.file = file;
  }

  long length() {
    return length;
  }

  /** Appends the events: all of them, or none and an error. */
  void append(List<Queued> events) throws IOException {
    ByteArrayOutputStream frames = new ByteArrayOutputStream(256 * events.size());
    for (Queued event : events) {
      frame(eventBody(event), frames);
    }
    write(frames.toByteArray());
    for (Queued event : events) {
      event.segment = this;
    }
    live += events.size();
  }

  /** Appends that these left the queue. */
  void done(Collection<String> ids) throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(body);
    out.writeByte(DONE);
    out.writeInt(ids.size());
    for (String id : ids) {
      text(out, id);
    }
    ByteArrayOutputStream frames = new ByteArrayOutputStream();
    frame(body.toByteArray(), frames);
    write(frames.toByteArray());
  }

  private void write(byte[] bytes) throws IOException {
    if (channel == null) {
      channel =
          FileChannel.open(file.toPath(), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    }
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    try {
      long at = length;
      while (buffer.hasRemaining()) {
        at += channel.write(buffer, at);
      }
      length = at;
    } catch (IOException e) {
      try {
        channel.truncate(length);
      } catch (IOException again) {
        e.addSuppressed(again);
      }
      throw e;
    }
  }

  void close() {
    if (channel != null) {
      try {
        channel.close();
      } catch (IOException e) {
        // What was written is written.
      }
      channel = null;
    }
  }

  /**
   * Reads what an earlier process wrote: events are put into {@code into} by their ids, and those
   * that left are taken out.
   *
   * @return how many bytes could not be read
   */
  long read(Map<String, Queued> into) throws IOException {
    byte[] bytes = Files.readAllBytes(file.toPath());
    ByteBuffer frames = ByteBuffer.wrap(bytes);
    while (frames.remaining() >= HEAD) {
      int size = frames.getInt(frames.position());
      int sum = frames.getInt(frames.position() + 4);
      if (size <= 0 || size > BODY_MAX || size > frames.remaining() - HEAD) {
        break;
      }
      int from = frames.position() + HEAD;
      if (sum(bytes, from, size) != sum || !body(bytes, from, size, into)) {
        break;
      }
      frames.position(from + size);
    }
    length = frames.position();
    long lost = frames.remaining();
    if (lost > 0) {
      try (FileChannel cut = FileChannel.open(file.toPath(), StandardOpenOption.WRITE)) {
        cut.truncate(length);
      }
    }
    return lost;
  }

  private boolean body(byte[] bytes, int from, int size, Map<String, Queued> into) {
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes, from, size))) {
      byte kind = in.readByte();
      if (kind == DONE) {
        for (int left = in.readInt(); left > 0; left--) {
          Queued gone = into.remove(text(in));
          if (gone != null) {
            gone.segment.live--;
          }
        }
      } else if (kind == EVENT) {
        Queued event = event(in);
        event.segment = this;
        event.isReady = true;
        Queued before = into.put(event.id, event);
        if (before != null) {
          before.segment.live--;
        }
        live++;
      }
      return true;
    } catch (IOException | NegativeArraySizeException e) {
      return false;
    }
  }

  private static int sum(byte[] bytes, int from, int size) {
    CRC32 sum = new CRC32();
    sum.update(bytes, from, size);
    return (int) sum.getValue();
  }

  private static void frame(byte[] body, ByteArrayOutputStream out) {
    ByteBuffer head = ByteBuffer.allocate(HEAD);
    head.putInt(body.length).putInt(sum(body, 0, body.length));
    out.write(head.array(), 0, HEAD);
    out.write(body, 0, body.length);
  }

  private static byte[] eventBody(Queued event) throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream(256);
    DataOutputStream out = new DataOutputStream(body);
    out.writeByte(EVENT);
    text(out, event.id);
    text(out, event.event);
    out.writeLong(event.occurredMicros);
    out.writeLong(event.sequence);
    out.writeInt(event.schemaVersion);
    int set = 0;
    for (int at = 0; at < Context.FIELDS; at++) {
      set |= event.context.at(at) == null ? 0 : 1 << at;
    }
    out.writeInt(set);
    for (int at = 0; at < Context.FIELDS; at++) {
      if (event.context.at(at) != null) {
        text(out, event.context.at(at));
      }
    }
    out.writeInt(event.payload.length);
    out.write(event.payload);
    return body.toByteArray();
  }

  private static Queued event(DataInputStream in) throws IOException {
    String id = text(in);
    String name = text(in);
    long occurred = in.readLong();
    long sequence = in.readLong();
    int version = in.readInt();
    int set = in.readInt();
    String[] context = new String[Context.FIELDS];
    for (int at = 0; at < Context.FIELDS; at++) {
      context[at] = (set & 1 << at) == 0 ? null : text(in);
    }
    byte[] payload = bytes(in);
    Queued event =
        new Queued(id, name, occurred, Queued.NOT_KNOWN, version, new Context(context), payload);
    event.sequence = sequence;
    return event;
  }

  private static void text(DataOutputStream out, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  private static String text(DataInputStream in) throws IOException {
    return new String(bytes(in), StandardCharsets.UTF_8);
  }

  private static byte[] bytes(DataInputStream in) throws IOException {
    int size = in.readInt();
    if (size > in.available()) {
      throw new IOException("longer than its frame");
    }
    byte[] bytes = new byte[size];
    in.readFully(bytes);
    return bytes;
  }
}
