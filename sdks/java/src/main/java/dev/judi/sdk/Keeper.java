package dev.judi.sdk;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** The thread that gives events their numbers and writes them to the disk, many at once. */
final class Keeper implements Runnable {
  /** What comes shortly after goes with it. */
  private static final long GATHER_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private static final long TAKE_OVER_MS = 60_000;

  private final Client client;
  private final Queue queue;
  private final Voice voice;
  private final Thread thread = new Thread(this, "judi-queue");
  private volatile boolean isAsleep;
  private volatile boolean isStopping;
  private volatile boolean isFailing;
  private long lastTakeOverMs = Queue.nowMs();
  private long memorySequence;

  Keeper(Client client, Queue queue, Voice voice) {
    this.client = client;
    this.queue = queue;
    this.voice = voice;
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  /** There is something to do. Costs nothing while the thread is awake. */
  void wake() {
    if (isAsleep) {
      isAsleep = false;
      LockSupport.unpark(thread);
    }
  }

  /** Keeps what came, and ends. */
  void stop(long waitMs) throws InterruptedException {
    isStopping = true;
    isAsleep = false;
    LockSupport.unpark(thread);
    if (Thread.currentThread() != thread) {
      thread.join(Math.max(1, waitMs));
    }
  }

  @Override
  public void run() {
    while (true) {
      boolean isLast = isStopping;
      try {
        keep();
      } catch (RuntimeException e) {
        voice.report(Report.of("error", null, String.valueOf(e)));
      }
      if (isLast) {
        return;
      }
      isAsleep = true;
      if (!isStopping && !client.hasWork()) {
        LockSupport.park(this);
      }
      isAsleep = false;
      if (!isStopping) {
        LockSupport.parkNanos(this, GATHER_NANOS);
      }
    }
  }

  private void keep() {
    Store store = client.store();
    List<Queued> taken;
    int epoch;
    synchronized (queue) {
      taken = queue.takeIncoming();
      epoch = client.epoch();
    }
    boolean isKept = store != null && write(store, taken, epoch);
    if (store == null) {
      number(taken, memorySequence);
      memorySequence += taken.size();
    }
    synchronized (queue) {
      if (epoch == client.epoch()) {
        queue.ready(taken);
      }
    }
    if (isKept && epoch == client.epoch()) {
      taken.forEach(voice::persisted);
    }
    if (store != null && Queue.nowMs() - lastTakeOverMs > TAKE_OVER_MS) {
      lastTakeOverMs = Queue.nowMs();
      takeOver(store, epoch);
    }
  }

  /** Whether it is on the disk. */
  private boolean write(Store store, List<Queued> events, int epoch) {
    Who who = client.whoToKeep();
    if (events.isEmpty() && who == null) {
      return true;
    }
    synchronized (store) {
      if (epoch != client.epoch()) {
        return false;
      }
      try {
        // The numbers first: after a kill one may be missing, but none comes twice.
        State.Kept kept =
            store.state.update(
                before ->
                    new State.Kept(
                        before.sequence + events.size(), who == null ? before.who : who));
        number(events, kept.sequence - events.size());
        store.append(events);
        isFailing = false;
        return true;
      } catch (IOException | RuntimeException e) {
        // They are sent from memory.
        if (!isFailing) {
          isFailing = true;
          voice.report(Report.of("error", null, "events cannot be kept on the disk: " + e));
        }
        return false;
      }
    }
  }

  private void number(List<Queued> events, long before) {
    if (client.hasIdentifiers()) {
      long last = before;
      for (Queued event : events) {
        event.sequence = ++last;
      }
    }
  }

  private void takeOver(Store store, int epoch) {
    List<Queued> found = store.recover(false);
    synchronized (queue) {
      if (epoch == client.epoch()) {
        queue.addRecovered(found);
      }
    }
  }
}
