package dev.judi.sdk;

import java.io.File;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The tracker that sends.
 *
 * <pre>
 *   track ──► Queue ──► Keeper: number, disk ──► Sender: batch, server ──► results
 * </pre>
 *
 * <p>The queue's monitor guards all that changes; the disk and the app's functions are never used
 * under it.
 */
final class Client implements Tracker {
  private final Options options;
  private final Schema schema;
  private final Queue queue;
  private final Voice voice;
  private final Keeper keeper;
  private final Sender sender;
  private final Identity identity;

  /** One change of consent, or the end, at a time. */
  private final Object transitions = new Object();

  private final List<Held> held = new ArrayList<>();
  private Thread hook;

  private volatile Store store;
  private volatile int epoch;
  private Consent consent = Consent.PENDING;
  private boolean isOptedOut;
  private volatile boolean isClosed;

  private Client(Options options, Schema schema) {
    this.options = options;
    this.schema = schema;
    this.queue = new Queue(options);
    this.voice = new Voice(options);
    this.identity = new Identity(options);
    this.keeper = new Keeper(this, queue, voice);
    try {
      this.sender = new Sender(this, queue, voice, options);
    } catch (IOException e) {
      throw new IllegalArgumentException("no address: " + options.endpoint, e);
    }
  }

  static Client start(Options options, Schema schema) {
    Client client = new Client(options, schema);
    client.isOptedOut = options.directory != null && client.optOutFile().exists();
    client.keeper.start();
    client.sender.start();
    client.consent(options.consent);
    if (options.shutdownHook) {
      client.hook = new Thread(client::close, "judi-close");
      Runtime.getRuntime().addShutdownHook(client.hook);
    }
    return client;
  }

  /** An event before the user was asked. */
  private static final class Held {
    final Event event;
    final byte[] payload;
    final long nowMicros;
    final long monotonicMs;
    final Context screen;
    final String userId;

    Held(
        Event event,
        byte[] payload,
        long nowMicros,
        long monotonicMs,
        Context screen,
        String userId) {
      this.event = event;
      this.payload = payload;
      this.nowMicros = nowMicros;
      this.monotonicMs = monotonicMs;
      this.screen = screen;
      this.userId = userId;
    }
  }

  @Override
  public String track(Event event) {
    byte[] payload = event.encode();
    long nowMicros = options.clock.nowMicros();
    long monotonicMs = options.clock.monotonicMs();
    String refused;
    Context context = null;
    String id = null;
    synchronized (queue) {
      refused = refused(payload.length);
      if (refused == null && effective() == Consent.PENDING) {
        queue.hold(payload.length);
        held.add(
            new Held(event, payload, nowMicros, monotonicMs, identity.screen(), identity.userId()));
        return null;
      } else if (refused == null) {
        context = identity.at(nowMicros);
        if (options.middleware.isEmpty()) {
          id = enqueue(event, payload, nowMicros, monotonicMs, context);
        }
      }
    }
    if (refused != null) {
      voice.report(
          new Report(refused, null, event.eventName(), isClosed ? "closed" : "", "", "", 0));
      return null;
    }
    if (id == null) {
      id = passed(event, payload, nowMicros, monotonicMs, context);
    }
    if (id != null) {
      keeper.wake();
      if (options.debug) {
        voice.debug(event + " " + id);
      }
    }
    return id;
  }

  /** Why an event is not taken; null: it is. */
  private String refused(int payloadBytes) {
    if (isClosed) {
      return "error";
    } else if (effective() == Consent.DENIED) {
      return "no_consent";
    }
    return queue.fits(payloadBytes) ? null : "queue_full";
  }

  /** The event through the middleware, in the queue; null: it was dropped. */
  private String passed(
      Event event, byte[] payload, long nowMicros, long monotonicMs, Context context) {
    Context changed = middle(event, context);
    if (changed == null) {
      return null;
    }
    String refused;
    synchronized (queue) {
      refused = refused(payload.length);
      if (refused == null) {
        return enqueue(event, payload, nowMicros, monotonicMs, changed);
      }
    }
    voice.report(new Report(refused, null, event.eventName(), "", "", "", 0));
    return null;
  }

  private Context middle(Event event, Context context) {
    Context changed = context;
    for (Middleware middleware : options.middleware) {
      try {
        changed = middleware.apply(event, changed);
      } catch (RuntimeException e) {
        voice.report(
            new Report("error", null, event.eventName(), "middleware", "", String.valueOf(e), 0));
        return null;
      }
      if (changed == null) {
        return null;
      }
    }
    return changed;
  }

  private String enqueue(
      Event event, byte[] payload, long nowMicros, long monotonicMs, Context context) {
    String id = Uuid7.next(nowMicros / 1_000);
    queue.add(
        new Queued(
            id, event.eventName(), nowMicros, monotonicMs, schema.version(), context, payload));
    return id;
  }

  private Consent effective() {
    return isOptedOut ? Consent.DENIED : consent;
  }

  @Override
  public void consent(Consent state) {
    synchronized (transitions) {
      change(Values.required(state, "state"), isOptedOut);
    }
  }

  @Override
  public void optOut() {
    synchronized (transitions) {
      if (options.directory != null) {
        try {
          options.directory.mkdirs();
          optOutFile().createNewFile();
        } catch (IOException e) {
          voice.report(Report.of("error", null, "the opt-out cannot be remembered: " + e));
        }
      }
      change(consent, true);
    }
  }

  @Override
  public void optIn() {
    synchronized (transitions) {
      if (options.directory != null) {
        optOutFile().delete();
      }
      change(consent, false);
    }
  }

  private File optOutFile() {
    return new File(options.directory, "opt-out");
  }

  /** From one state to the next; under {@link #transitions}. */
  private void change(Consent state, boolean isOut) {
    Consent next = isOut ? Consent.DENIED : state;
    if (next == Consent.GRANTED && !isClosed) {
      open();
      release();
    }
    List<Queued> gone = new ArrayList<>();
    List<Held> dropped = new ArrayList<>();
    synchronized (queue) {
      consent = state;
      isOptedOut = isOut;
      if (next == Consent.DENIED) {
        epoch++;
        gone = queue.clear();
        dropped.addAll(held);
        held.clear();
        dropped.forEach(event -> queue.letGo(event.payload.length));
        identity.forget();
      }
    }
    if (next == Consent.DENIED) {
      sender.abort();
      remove();
      dropped.forEach(
          it -> voice.report(new Report("no_consent", null, it.event.eventName(), "", "", "", 0)));
      gone.forEach(it -> voice.dropped(it, "no_consent", "", "", 0));
    }
    if (next == Consent.GRANTED) {
      release();
      keeper.wake();
    }
  }

  /** Opens what is kept on the device, the first time that something may be. */
  private void open() {
    if (store != null || options.directory == null || !options.identifiers) {
      return;
    }
    try {
      Store opened = new Store(options.directory, options.maxQueueBytes);
      List<Queued> found = opened.recover(true);
      State.Kept kept = opened.state.read();
      synchronized (queue) {
        identity.restore(kept.who);
        store = opened;
        queue.addRecovered(found);
      }
      if (opened.lostBytes() > 0) {
        voice.debug(opened.lostBytes() + " bytes of the queue could not be read");
      }
    } catch (IOException | RuntimeException e) {
      voice.report(Report.of("error", null, "events live in memory: " + e));
    }
  }

  /**
   * What was held gets its ids, in the order of the calls; calls meanwhile are held, too, and
   * follow.
   */
  private void release() {
    while (true) {
      List<Held> waiting;
      synchronized (queue) {
        waiting = new ArrayList<>(held);
        held.clear();
      }
      if (waiting.isEmpty()) {
        return;
      }
      for (Held each : waiting) {
        Context context;
        synchronized (queue) {
          context = identity.at(each.nowMicros, each.screen, each.userId);
        }
        Context changed = middle(each.event, context);
        synchronized (queue) {
          queue.letGo(each.payload.length);
          if (changed != null) {
            enqueue(each.event, each.payload, each.nowMicros, each.monotonicMs, changed);
          }
        }
      }
    }
  }

  /** Nothing stays on the device. */
  private void remove() {
    try {
      Store opened = store;
      if (opened != null) {
        opened.removeAll();
      } else if (isSomethingLeft()) {
        // What an earlier process left, which was allowed to.
        Store left = new Store(options.directory, options.maxQueueBytes);
        left.recover(true);
        left.removeAll();
        left.close();
      }
    } catch (IOException e) {
      voice.report(Report.of("error", null, "the queue cannot be removed: " + e));
    }
  }

  private boolean isSomethingLeft() {
    String[] names = options.directory == null ? null : options.directory.list();
    if (names == null) {
      return false;
    }
    for (String name : names) {
      if (name.equals("state") || name.startsWith("queue-")) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void setUser(String id) {
    synchronized (queue) {
      identity.setUser(id);
    }
    keeper.wake();
  }

  @Override
  public void setContext(Context context) {
    Context next = Values.required(context, "context");
    synchronized (queue) {
      identity.setScreen(next);
    }
  }

  @Override
  public void reset() {
    synchronized (queue) {
      identity.reset();
    }
    keeper.wake();
  }

  @Override
  public void flush() {
    synchronized (queue) {
      queue.flush();
    }
  }

  @Override
  public boolean flush(Duration timeout) {
    synchronized (queue) {
      queue.flush();
      return waitUntilSent(queue.lastOrdinal(), timeout.toMillis());
    }
  }

  /** Under the queue's monitor. */
  private boolean waitUntilSent(long ordinal, long timeoutMs) {
    long end = Queue.nowMs() + timeoutMs;
    try {
      while (!queue.isFlushed(ordinal)) {
        long left = end - Queue.nowMs();
        if (left <= 0 || sender.waitsBeyond(end)) {
          return false;
        }
        queue.wait(Math.min(left, 100));
      }
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  @Override
  public void close() {
    synchronized (transitions) {
      List<Held> lost;
      synchronized (queue) {
        if (isClosed) {
          return;
        }
        isClosed = true;
        lost = new ArrayList<>(held);
        held.clear();
        queue.flush();
        waitUntilSent(queue.lastOrdinal(), options.closeTimeout.toMillis());
      }
      lost.forEach(
          it -> voice.report(new Report("no_consent", null, it.event.eventName(), "", "", "", 0)));
      stop();
    }
  }

  private void stop() {
    try {
      keeper.stop(2_000);
      sender.stop(1_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (store != null) {
      store.close();
    }
    try {
      if (hook != null && Thread.currentThread() != hook) {
        Runtime.getRuntime().removeShutdownHook(hook);
      }
    } catch (IllegalStateException e) {
      // The process ends already.
    }
  }

  // For the threads.

  @Nullable
  Store store() {
    return store;
  }

  int epoch() {
    return epoch;
  }

  boolean hasIdentifiers() {
    return options.identifiers;
  }

  boolean hasWork() {
    synchronized (queue) {
      return queue.hasIncoming()
          || (identity.isNew() && store != null && effective() == Consent.GRANTED);
    }
  }

  /** Who acts, where it is to be written; null: nothing changed. */
  @Nullable
  Who whoToKeep() {
    synchronized (queue) {
      return effective() == Consent.GRANTED ? identity.toKeep() : null;
    }
  }
}
