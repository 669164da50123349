package dev.judi.sdk;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.File;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.function.UnaryOperator;
import java.util.zip.CRC32;

/**
 * What an install keeps for ever, shared by its processes: the last number, who, and the session.
 */
final class State {
  private static final Object ONE_AT_A_TIME = new Object();

  /** What is kept. */
  static final class Kept {
    static final Kept NOTHING = new Kept(0, Who.NOBODY);

    final long sequence;
    final Who who;

    Kept(long sequence, Who who) {
      this.sequence = sequence;
      this.who = who;
    }
  }

  private final File folder;
  private final File file;

  State(File folder) {
    this.folder = folder;
    this.file = new File(folder, "state");
  }

  /** What is kept now; nothing where the file cannot be read. */
  Kept read() throws IOException {
    byte[] bytes;
    try {
      bytes = Files.readAllBytes(file.toPath());
    } catch (NoSuchFileException e) {
      return Kept.NOTHING;
    }
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      if (in.readLong() != sum(bytes, Long.BYTES)) {
        return Kept.NOTHING;
      }
      long sequence = in.readLong();
      Who who = new Who(text(in), text(in), text(in), in.readLong(), in.readLong());
      return new Kept(sequence, who);
    } catch (IOException e) {
      return Kept.NOTHING;
    }
  }

  /** Changes it: the processes one after the other, and each sees what the one before it wrote. */
  Kept update(UnaryOperator<Kept> change) throws IOException {
    synchronized (ONE_AT_A_TIME) {
      File lockFile = new File(folder, "state.lock");
      try (FileChannel channel =
          FileChannel.open(
              lockFile.toPath(), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
        // It goes when the channel is closed.
        channel.lock();
        Kept changed = change.apply(read());
        File next = new File(folder, "state.next");
        Files.write(next.toPath(), bytes(changed));
        Files.move(
            next.toPath(),
            file.toPath(),
            StandardCopyOption.ATOMIC_MOVE,
            StandardCopyOption.REPLACE_EXISTING);
        return changed;
      }
    }
  }

  void remove() throws IOException {
    Files.deleteIfExists(file.toPath());
  }

  private static byte[] bytes(Kept kept) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeLong(0);
    out.writeLong(kept.sequence);
    text(out, kept.who.anonymousId);
    text(out, kept.who.userId);
    text(out, kept.who.sessionId);
    out.writeLong(kept.who.sessionStartMs);
    out.writeLong(kept.who.sessionLastMs);
    byte[] whole = bytes.toByteArray();
    long sum = sum(whole, Long.BYTES);
    for (int at = 0; at < Long.BYTES; at++) {
      whole[at] = (byte) (sum >>> (56 - 8 * at));
    }
    return whole;
  }

  private static long sum(byte[] bytes, int from) {
    CRC32 sum = new CRC32();
    sum.update(bytes, from, bytes.length - from);
    return sum.getValue();
  }

  private static void text(DataOutputStream out, String text) throws IOException {
    byte[] bytes = text == null ? new byte[0] : text.getBytes(StandardCharsets.UTF_8);
    out.writeInt(text == null ? -1 : bytes.length);
    out.write(bytes);
  }

  private static String text(DataInputStream in) throws IOException {
    int size = in.readInt();
    if (size < 0) {
      return null;
    }
    if (size > in.available()) {
      throw new IOException("longer than the file");
    }
    byte[] bytes = new byte[size];
    in.readFully(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
