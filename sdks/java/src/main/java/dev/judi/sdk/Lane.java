package dev.judi.sdk;

import java.io.File;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The part of a queue's folder that one process has for itself, for as long as it lives: `queue-0`,
 * `queue-1` …
 */
final class Lane {
  /** A segment that is longer is left for a new one. */
  private static final long SEGMENT_BYTES = 1 << 20;

  /** An empty queue with longer files starts anew. */
  private static final long EMPTY_BYTES_MAX = 256 << 10;

  final File folder;

  /** Bytes that could not be read when the lane was opened. */
  long lostBytes;

  private final FileChannel lockChannel;
  private final FileLock lock;
  private final long bytesMax;
  private final Deque<Segment> segments = new ArrayDeque<>();
  private final Map<String, Queued> live = new LinkedHashMap<>();
  private long nextNumber;
  private Segment active;

  private Lane(File folder, FileChannel lockChannel, FileLock lock, long bytesMax)
      throws IOException {
    this.folder = folder;
    this.lockChannel = lockChannel;
    this.lock = lock;
    this.bytesMax = bytesMax;
    File[] files = folder.listFiles((in, name) -> name.endsWith(".log"));
    File[] found = files == null ? new File[0] : files;
    Arrays.sort(found);
    for (File file : found) {
      Segment segment = new Segment(file);
      lostBytes += segment.read(live);
      segments.add(segment);
      nextNumber = Math.max(nextNumber, number(file) + 1);
    }
    shrink();
  }

  /** The lane of this folder; null: another process has it. */
  @Nullable
  static Lane open(File folder, long bytesMax) throws IOException {
    if (!folder.isDirectory() && !folder.mkdirs() && !folder.isDirectory()) {
      throw new IOException(folder + " cannot be made");
    }
    FileChannel channel =
        FileChannel.open(
            new File(folder, "lock").toPath(), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      FileLock lock = channel.tryLock();
      if (lock != null) {
        return new Lane(folder, channel, lock, bytesMax);
      }
    } catch (OverlappingFileLockException e) {
      // Another client of this process has it.
    } catch (IOException e) {
      channel.close();
      throw e;
    }
    channel.close();
    return null;
  }

  private static long number(File file) {
    String name = file.getName();
    try {
      return Long.parseLong(name.substring(0, name.indexOf('.')), 16);
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  /** What is in the queue. */
  List<Queued> events() {
    return new ArrayList<>(live.values());
  }

  boolean isEmpty() {
    return live.isEmpty();
  }

  void append(List<Queued> events) throws IOException {
    if (active == null || active.length() > SEGMENT_BYTES) {
      active = next();
    }
    active.append(events);
    for (Queued event : events) {
      live.put(event.id, event);
    }
  }

  private Segment next() {
    Segment segment = new Segment(new File(folder, String.format("%016x.log", nextNumber++)));
    segments.add(segment);
    return segment;
  }

  /** These left the queue. */
  void done(Collection<Queued> events) throws IOException {
    List<String> ids = new ArrayList<>();
    for (Queued event : events) {
      if (live.remove(event.id) != null) {
        event.segment.live--;
        ids.add(event.id);
      }
    }
    if (ids.isEmpty()) {
      return;
    }
    if (live.isEmpty() && bytes() > EMPTY_BYTES_MAX) {
      removeAll();
      return;
    }
    if (active == null) {
      active = next();
    }
    active.done(ids);
    shrink();
    if (bytes() > bytesMax) {
      rewrite();
    }
  }

  private long bytes() {
    return segments.stream().mapToLong(Segment::length).sum();
  }

  /** Segments go from the first on: what a later one says has left may stand in an earlier one. */
  private void shrink() {
    while (!segments.isEmpty() && segments.peek() != active && segments.peek().live == 0) {
      remove(segments.poll());
    }
  }

  /** An event that stays for long keeps what is behind it: all that is left moves into one file. */
  private void rewrite() throws IOException {
    List<Queued> left = events();
    List<Segment> before = new ArrayList<>(segments);
    active = next();
    active.append(left);
    for (Segment segment : before) {
      segments.remove(segment);
      remove(segment);
    }
  }

  private static void remove(Segment segment) {
    segment.close();
    segment.file.delete();
  }

  void removeAll() {
    segments.forEach(Lane::remove);
    segments.clear();
    live.clear();
    active = null;
  }

  /** Lets others have it. */
  void close() {
    if (live.isEmpty()) {
      removeAll();
    }
    segments.forEach(Segment::close);
    try {
      lock.release();
      lockChannel.close();
    } catch (IOException e) {
      // The lock goes with the process.
    }
  }
}
