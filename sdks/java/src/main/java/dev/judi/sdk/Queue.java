package dev.judi.sdk;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** What waits, in the order of the calls. All of it is used under its monitor. */
final class Queue {
  /** Waits for so long that it is sent at once: an earlier process made it. */
  private static final long LONG_AGO = Long.MIN_VALUE / 2;

  private final Options options;
  private final Set<Queued> all = new LinkedHashSet<>();

  /** Batches that are sent as they are: again, or halved. */
  private final Deque<List<Queued>> planned = new ArrayDeque<>();

  private List<Queued> incoming = new ArrayList<>();
  private int readyCount;
  private long bytes;
  private int heldCount;
  private long ordinals;
  private long flushTo;

  /** The last that may be sent: they get so in their order. */
  private long readyTo;

  private List<Queued> inFlight = Collections.emptyList();

  Queue(Options options) {
    this.options = options;
  }

  /** Milliseconds of a clock that nobody sets. */
  static long nowMs() {
    return System.nanoTime() / 1_000_000;
  }

  boolean fits(int payloadBytes) {
    return all.size() + heldCount < options.maxQueueEvents
        && bytes + payloadBytes <= options.maxQueueBytes;
  }

  /** Room that an event takes before it is in the queue. */
  void hold(int payloadBytes) {
    heldCount++;
    bytes += payloadBytes;
  }

  void letGo(int payloadBytes) {
    heldCount--;
    bytes -= payloadBytes;
  }

  void add(Queued event) {
    event.ordinal = ++ordinals;
    event.waitsSince = nowMs();
    bytes += event.payload.length;
    all.add(event);
    incoming.add(event);
  }

  /** What earlier processes left, before all that came since. */
  void addRecovered(List<Queued> events) {
    if (events.isEmpty()) {
      return;
    }
    List<Queued> since = new ArrayList<>(all);
    all.clear();
    for (Queued event : events) {
      event.waitsSince = LONG_AGO;
      bytes += event.payload.length;
      all.add(event);
    }
    readyCount += events.size();
    all.addAll(since);
    notifyAll();
  }

  boolean hasIncoming() {
    return !incoming.isEmpty();
  }

  /** What is not yet kept. */
  List<Queued> takeIncoming() {
    if (incoming.isEmpty()) {
      return Collections.emptyList();
    }
    List<Queued> taken = incoming;
    incoming = new ArrayList<>();
    return taken;
  }

  /** They may be sent. */
  void ready(List<Queued> events) {
    for (Queued event : events) {
      if (!event.isDone) {
        event.isReady = true;
        readyCount++;
      }
      readyTo = Math.max(readyTo, event.ordinal);
    }
    notifyAll();
  }

  /** All that waits now is sent at once. */
  void flush() {
    flushTo = ordinals;
    notifyAll();
  }

  /** Whether what waited at {@link #flush} is gone, and what became of it is told. */
  boolean isFlushed(long to) {
    for (Queued event : inFlight) {
      if (event.ordinal <= to) {
        return false;
      }
    }
    for (Queued event : all) {
      if (event.ordinal <= to) {
        return false;
      }
    }
    return true;
  }

  long lastOrdinal() {
    return ordinals;
  }

  boolean isEmpty() {
    return all.isEmpty();
  }

  /** How many milliseconds until a batch is due; 0: now; {@code Long.MAX_VALUE}: nothing waits. */
  long dueIn(long nowMs) {
    if (!planned.isEmpty()) {
      return 0;
    }
    if (readyCount == 0) {
      return Long.MAX_VALUE;
    }
    Queued first = all.iterator().next();
    if (!first.isReady) {
      return Long.MAX_VALUE;
    }
    if (readyCount >= options.flushAt) {
      return 0;
    }
    if (first.ordinal <= flushTo) {
      // All that is flushed goes together.
      boolean isWhole = readyTo >= flushTo || readyCount >= options.maxBatchEvents;
      return isWhole ? 0 : Long.MAX_VALUE;
    }
    return Math.max(0, first.waitsSince + options.flushInterval.toMillis() - nowMs);
  }

  /** The next batch: one that is sent again, or as many as may go together. */
  List<Queued> next() {
    List<Queued> again = planned.poll();
    if (again != null) {
      List<Queued> left = new ArrayList<>(again);
      left.removeIf(event -> event.isDone);
      return left;
    }
    List<Queued> batch = new ArrayList<>();
    long size = 0;
    for (Queued event : all) {
      size += event.payload.length;
      boolean isOver = batch.size() == options.maxBatchEvents || size > options.maxBatchBytes;
      if (!event.isReady || (isOver && !batch.isEmpty())) {
        break;
      }
      batch.add(event);
    }
    return batch;
  }

  /** These are on their way; what became of them is told by who sends them. */
  void inFlight(List<Queued> batch) {
    inFlight = batch;
  }

  /** This batch is sent before all others. */
  void plan(List<Queued> batch) {
    if (!batch.isEmpty()) {
      planned.push(batch);
    }
  }

  /** It leaves the queue. */
  boolean remove(Queued event) {
    if (!all.remove(event)) {
      return false;
    }
    event.isDone = true;
    bytes -= event.payload.length;
    readyCount -= event.isReady ? 1 : 0;
    return true;
  }

  /** All leave the queue; those are told that are not on their way. */
  List<Queued> clear() {
    List<Queued> gone = new ArrayList<>(all);
    for (Iterator<Queued> left = gone.iterator(); left.hasNext(); ) {
      remove(left.next());
    }
    incoming = new ArrayList<>();
    planned.clear();
    readyTo = ordinals;
    for (Queued event : inFlight) {
      event.isWithdrawn = gone.remove(event);
    }
    notifyAll();
    return gone;
  }
}
