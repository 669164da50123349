package dev.judi.sdk;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/** The thread that sends, one batch at a time. */
final class Sender implements Runnable {
  /** The server recognises what it has for seven days. */
  private static final long EXPIRES_MICROS = 6L * 24 * 3600 * 1_000_000;

  private final Client client;
  private final Queue queue;
  private final Voice voice;
  private final Options options;
  private final Http http;
  private final Thread thread = new Thread(this, "judi-send");
  private int failed;
  private long notBeforeMs = Long.MIN_VALUE / 2;
  private long roundTripMs = -1;
  private boolean isSending;
  private boolean isStopping;

  Sender(Client client, Queue queue, Voice voice, Options options) throws IOException {
    this.client = client;
    this.queue = queue;
    this.voice = voice;
    this.options = options;
    this.http = new Http(options);
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  /** What is under way ends. */
  void abort() {
    http.abort();
  }

  void stop(long waitMs) throws InterruptedException {
    synchronized (queue) {
      isStopping = true;
      queue.notifyAll();
    }
    http.close();
    if (Thread.currentThread() != thread) {
      thread.join(Math.max(1, waitMs));
    }
  }

  /** Whether nothing can be sent before this moment. To be asked under the queue's monitor. */
  boolean waitsBeyond(long ms) {
    return !isSending && notBeforeMs > ms;
  }

  @Override
  public void run() {
    while (true) {
      try {
        List<Queued> batch = take();
        if (batch == null) {
          return;
        }
        send(batch);
      } catch (InterruptedException e) {
        return;
      } catch (RuntimeException e) {
        voice.report(Report.of("error", null, String.valueOf(e)));
        waitMs(options.retryCap.toMillis());
      } finally {
        synchronized (queue) {
          isSending = false;
          queue.inFlight(Collections.emptyList());
          queue.notifyAll();
        }
      }
    }
  }

  /** Waits for a batch that is due; null: the end. */
  private List<Queued> take() throws InterruptedException {
    synchronized (queue) {
      while (!isStopping) {
        long now = Queue.nowMs();
        long wait = Math.max(queue.dueIn(now), notBeforeMs - now);
        if (wait <= 0) {
          List<Queued> batch = queue.next();
          if (!batch.isEmpty()) {
            isSending = true;
            queue.inFlight(batch);
            return batch;
          }
          continue;
        }
        queue.wait(Math.min(wait, 3_600_000L));
      }
      return null;
    }
  }

  private void send(List<Queued> taken) {
    List<Queued> batch = withoutExpired(taken);
    if (batch.isEmpty()) {
      return;
    }
    long from = System.nanoTime();
    Answer answer = http.post(Batch.encode(batch, options.clock, roundTripMs), batch);
    if (answer.status > 0) {
      long took = (System.nanoTime() - from) / 1_000_000;
      roundTripMs = roundTripMs < 0 ? took : Math.min(roundTripMs, took);
    }
    switch (answer.next) {
      case RESULTS:
        results(batch, answer);
        break;
      case HALVE:
        halve(batch, answer);
        break;
      case DROP:
        failed = 0;
        drop(batch, "refused", answer);
        break;
      default:
        voice.debug("no answer, " + batch.size() + " events wait (" + answer.status + ")");
        again(batch, answer);
        break;
    }
    for (Queued event : batch) {
      if (event.isWithdrawn) {
        voice.dropped(event, "no_consent", "", "", 0);
      }
    }
  }

  private List<Queued> withoutExpired(List<Queued> batch) {
    long oldest = options.clock.nowMicros() - EXPIRES_MICROS;
    List<Queued> expired = new ArrayList<>();
    List<Queued> left = new ArrayList<>();
    for (Queued event : batch) {
      (event.occurredMicros < oldest ? expired : left).add(event);
    }
    for (Queued event : leave(expired)) {
      voice.dropped(event, "expired", "it is older than six days", "", 0);
    }
    return left;
  }

  private void results(List<Queued> batch, Answer answer) {
    List<Queued> done = new ArrayList<>();
    List<Queued> kept = new ArrayList<>();
    for (int at = 0; at < batch.size(); at++) {
      (answer.results.get(at).isRetry() ? kept : done).add(batch.get(at));
    }
    List<Queued> left = leave(done);
    for (int at = 0; at < batch.size(); at++) {
      Queued event = batch.get(at);
      Answer.Result result = answer.results.get(at);
      if (!result.isRetry() && left.contains(event)) {
        voice.result(event, result.status, result.reason, result.field, result.detail);
        if (result.status.equals("quarantined") || result.status.equals("rejected")) {
          voice.report(
              new Report(
                  result.status,
                  event.id,
                  event.event,
                  result.reason,
                  result.field,
                  result.detail,
                  answer.status));
        }
      }
    }
    if (kept.isEmpty()) {
      failed = 0;
    } else {
      again(Collections.emptyList(), answer);
    }
  }

  private void halve(List<Queued> batch, Answer answer) {
    failed = 0;
    if (batch.size() == 1) {
      drop(batch, "too_large", answer);
      return;
    }
    int half = (batch.size() + 1) / 2;
    synchronized (queue) {
      queue.plan(new ArrayList<>(batch.subList(half, batch.size())));
      queue.plan(new ArrayList<>(batch.subList(0, half)));
    }
  }

  private void drop(List<Queued> batch, String kind, Answer answer) {
    for (Queued event : leave(batch)) {
      voice.dropped(event, kind, answer.error, answer.detail, answer.status);
    }
  }

  /** The batch is sent again after a wait; an empty one leaves what comes next to the queue. */
  private void again(List<Queued> batch, Answer answer) {
    failed++;
    synchronized (queue) {
      queue.plan(batch);
    }
    double chance = ThreadLocalRandom.current().nextDouble();
    waitMs(Answer.waitMs(answer.retryAfterMs, failed, chance, options));
  }

  private void waitMs(long ms) {
    synchronized (queue) {
      notBeforeMs = Queue.nowMs() + ms;
    }
  }

  /** Those leave the queue, and the disk; which of them were still there. */
  private List<Queued> leave(List<Queued> events) {
    List<Queued> left = new ArrayList<>();
    synchronized (queue) {
      for (Queued event : events) {
        if (queue.remove(event) || event.isWithdrawn) {
          event.isWithdrawn = false;
          left.add(event);
        }
      }
    }
    Store store = client.store();
    if (store != null && !left.isEmpty()) {
      try {
        store.done(left);
      } catch (IOException e) {
        // The next process sends them again, and the server recognises them.
        voice.debug("what was sent cannot be noted: " + e);
      }
    }
    return left;
  }
}
