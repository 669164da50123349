package dev.judi.sdk;

import java.io.File;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** Where events go, and how. A value that never changes. */
public final class Options {
  final String endpoint;
  final String key;
  final File directory;
  final Context context;
  final List<Middleware> middleware;
  final Set<String> notCollected;
  final Clock clock;
  final Consumer<String> onPersisted;
  final Consumer<Outcome> onResult;
  final Consumer<Report> onReport;
  final int flushAt;
  final Duration flushInterval;
  final int maxBatchEvents;
  final int maxBatchBytes;
  final int maxQueueEvents;
  final int maxQueueBytes;
  final Duration timeout;
  final Duration retryBase;
  final Duration retryCap;
  final Duration retryAfterCap;
  final Duration closeTimeout;
  final Duration sessionIdle;
  final Duration sessionMax;
  final Consent consent;
  final boolean identifiers;
  final boolean shutdownHook;
  final boolean debug;

  private Options(Builder builder) {
    this.endpoint = builder.endpoint;
    this.key = builder.key;
    this.directory = builder.directory;
    this.context = builder.context;
    this.middleware = Collections.unmodifiableList(new ArrayList<>(builder.middleware));
    this.notCollected = Collections.unmodifiableSet(new HashSet<>(builder.notCollected));
    this.clock = builder.clock;
    this.onPersisted = builder.onPersisted;
    this.onResult = builder.onResult;
    this.onReport = builder.onReport;
    this.flushAt = builder.flushAt;
    this.flushInterval = builder.flushInterval;
    this.maxBatchEvents = builder.maxBatchEvents;
    this.maxBatchBytes = builder.maxBatchBytes;
    this.maxQueueEvents = builder.maxQueueEvents;
    this.maxQueueBytes = builder.maxQueueBytes;
    this.timeout = builder.timeout;
    this.retryBase = builder.retryBase;
    this.retryCap = builder.retryCap;
    this.retryAfterCap = builder.retryAfterCap;
    this.closeTimeout = builder.closeTimeout;
    this.sessionIdle = builder.sessionIdle;
    this.sessionMax = builder.sessionMax;
    this.consent = builder.consent;
    this.identifiers = builder.identifiers;
    this.shutdownHook = builder.shutdownHook;
    this.debug = builder.debug;
  }

  /**
   * Begins with what must be known.
   *
   * @param endpoint the Event API: {@code https://collect.example.se}
   * @param key the write key
   */
  @NonNull
  public static Builder builder(@NonNull String endpoint, @NonNull String key) {
    return new Builder(endpoint, key);
  }

  /** Makes {@link Options}. */
  public static final class Builder {
    private final String endpoint;
    private final String key;
    private final List<Middleware> middleware = new ArrayList<>();
    private final Set<String> notCollected = new HashSet<>();
    private File directory;
    private Context context = Context.EMPTY;
    private Clock clock = Clock.system();
    private Consumer<String> onPersisted = id -> {};
    private Consumer<Outcome> onResult = outcome -> {};
    private Consumer<Report> onReport = report -> {};
    private int flushAt = 20;
    private Duration flushInterval = Duration.ofSeconds(3);
    private int maxBatchEvents = 100;
    private int maxBatchBytes = 400_000;
    private int maxQueueEvents = 10_000;
    private int maxQueueBytes = 5_000_000;
    private Duration timeout = Duration.ofSeconds(20);
    private Duration retryBase = Duration.ofSeconds(1);
    private Duration retryCap = Duration.ofSeconds(300);
    private Duration retryAfterCap = Duration.ofHours(1);
    private Duration closeTimeout = Duration.ofSeconds(5);
    private Duration sessionIdle = Duration.ofMinutes(30);
    private Duration sessionMax = Duration.ofHours(24);
    private Consent consent = Consent.PENDING;
    private boolean identifiers = true;
    private boolean shutdownHook = true;
    private boolean debug = false;

    private Builder(String endpoint, String key) {
      this.endpoint = Values.required(endpoint, "endpoint").replaceAll("/+$", "");
      this.key = Values.required(key, "key");
    }

    /**
     * The folder in which events survive the process, and are kept until the server has them; on
     * Android {@code context.getFilesDir()} or below. Without one they live in memory.
     */
    @NonNull
    public Builder directory(@Nullable File value) {
      this.directory = value;
      return this;
    }

    /** What stands beside every event from the start: the app's name and version. */
    @NonNull
    public Builder context(@NonNull Context value) {
      this.context = Values.required(value, "context");
      return this;
    }

    /** Adds a function that may change the context of an event, or drop it. */
    @NonNull
    public Builder middleware(@NonNull Middleware value) {
      this.middleware.add(Values.required(value, "middleware"));
      return this;
    }

    /** Switches an item of the context that is found out by itself: {@code locale}, {@code os}. */
    @NonNull
    public Builder collect(@NonNull String item, boolean isCollected) {
      if (isCollected) {
        this.notCollected.remove(item);
      } else {
        this.notCollected.add(item);
      }
      return this;
    }

    /** For tests: another clock. */
    @NonNull
    public Builder clock(@NonNull Clock value) {
      this.clock = Values.required(value, "clock");
      return this;
    }

    /** Is told the id of an event that survives the process's death from now on. */
    @NonNull
    public Builder onPersisted(@NonNull Consumer<String> value) {
      this.onPersisted = Values.required(value, "onPersisted");
      return this;
    }

    /** Is told what became of each event. */
    @NonNull
    public Builder onResult(@NonNull Consumer<Outcome> value) {
      this.onResult = Values.required(value, "onResult");
      return this;
    }

    /** Is told of each event that was not taken, and why. */
    @NonNull
    public Builder onReport(@NonNull Consumer<Report> value) {
      this.onReport = Values.required(value, "onReport");
      return this;
    }

    /** Events that wait until a batch is sent. Default: {@code 20}. */
    @NonNull
    public Builder flushAt(int value) {
      this.flushAt = Limits.atLeastOne(value, "flushAt");
      return this;
    }

    /** How long the first that waits does so. Default: {@code Seconds(3)}. */
    @NonNull
    public Builder flushInterval(@NonNull Duration value) {
      this.flushInterval = Limits.positive(value, "flushInterval");
      return this;
    }

    /** Events of a batch. Default: {@code 100}. */
    @NonNull
    public Builder maxBatchEvents(int value) {
      this.maxBatchEvents = Limits.atLeastOne(value, "maxBatchEvents");
      return this;
    }

    /** Bytes of a batch's payloads. Default: {@code 400_000}. */
    @NonNull
    public Builder maxBatchBytes(int value) {
      this.maxBatchBytes = Limits.atLeastOne(value, "maxBatchBytes");
      return this;
    }

    /** Events of the queue; what does not fit is refused. Default: {@code 10_000}. */
    @NonNull
    public Builder maxQueueEvents(int value) {
      this.maxQueueEvents = Limits.atLeastOne(value, "maxQueueEvents");
      return this;
    }

    /** Bytes of the queue's payloads; what does not fit is refused. Default: {@code 5_000_000}. */
    @NonNull
    public Builder maxQueueBytes(int value) {
      this.maxQueueBytes = Limits.atLeastOne(value, "maxQueueBytes");
      return this;
    }

    /** How long an answer is waited for. Default: {@code Seconds(20)}. */
    @NonNull
    public Builder timeout(@NonNull Duration value) {
      this.timeout = Limits.positive(value, "timeout");
      return this;
    }

    /** What doubles with each try that fails. Default: {@code Seconds(1)}. */
    @NonNull
    public Builder retryBase(@NonNull Duration value) {
      this.retryBase = Limits.positive(value, "retryBase");
      return this;
    }

    /** The longest wait before the next try. Default: {@code Seconds(300)}. */
    @NonNull
    public Builder retryCap(@NonNull Duration value) {
      this.retryCap = Limits.positive(value, "retryCap");
      return this;
    }

    /** The longest that a server's Retry-After is obeyed. Default: {@code Hours(1)}. */
    @NonNull
    public Builder retryAfterCap(@NonNull Duration value) {
      this.retryAfterCap = Limits.positive(value, "retryAfterCap");
      return this;
    }

    /** How long closing sends what waits. Default: {@code Seconds(5)}. */
    @NonNull
    public Builder closeTimeout(@NonNull Duration value) {
      this.closeTimeout = Limits.positive(value, "closeTimeout");
      return this;
    }

    /** Without an event for so long the next begins a session. Default: {@code Minutes(30)}. */
    @NonNull
    public Builder sessionIdle(@NonNull Duration value) {
      this.sessionIdle = Limits.positive(value, "sessionIdle");
      return this;
    }

    /** The longest session. Default: {@code Hours(24)}. */
    @NonNull
    public Builder sessionMax(@NonNull Duration value) {
      this.sessionMax = Limits.positive(value, "sessionMax");
      return this;
    }

    /** What the user agreed to when the app starts. Default: {@code PENDING}. */
    @NonNull
    public Builder consent(@NonNull Consent value) {
      this.consent = Values.required(value, "consent");
      return this;
    }

    /**
     * False: no anonymous_id, user_id, session or sequence, and nothing is kept on the device.
     * Default: {@code true}.
     */
    @NonNull
    public Builder identifiers(boolean value) {
      this.identifiers = value;
      return this;
    }

    /**
     * Whether what waits is sent when the process ends by SIGTERM, SIGINT or by itself. Default:
     * {@code true}.
     */
    @NonNull
    public Builder shutdownHook(boolean value) {
      this.shutdownHook = value;
      return this;
    }

    /**
     * Whether each event and what became of it is printed to standard error. Default: {@code
     * false}.
     */
    @NonNull
    public Builder debug(boolean value) {
      this.debug = value;
      return this;
    }

    /** The value, which never changes. */
    @NonNull
    public Options build() {
      return new Options(this);
    }
  }

  /** What numbers must be. */
  private static final class Limits {
    static int atLeastOne(int value, String name) {
      if (value < 1) {
        throw new IllegalArgumentException(name + " must be at least 1");
      }
      return value;
    }

    static Duration positive(Duration value, String name) {
      if (value == null || value.isNegative()) {
        throw new IllegalArgumentException(name + " must be no less than 0");
      }
      return value;
    }
  }
}
