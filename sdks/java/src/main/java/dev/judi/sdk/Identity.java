package dev.judi.sdk;

/**
 * Who acts, in which session, on which screen: what stands beside events. All of it is used under
 * the queue's monitor.
 */
final class Identity {
  private final Options options;
  private final Context platform;
  private Who who = Who.NOBODY;
  private long sessionLastMs;

  /** Whether it is to be written. */
  private boolean isNew;

  /** What the app said before it was known what is kept on the device. */
  private boolean isUserSaid;

  private boolean isReset;
  private Context screen = Context.EMPTY;
  private Context current;

  Identity(Options options) {
    this.options = options;
    this.platform = options.context.or(Platform.context(options.notCollected));
  }

  /** What stands beside an event of this moment. */
  Context at(long nowMicros) {
    touch(nowMicros);
    if (current == null) {
      current = context(screen, who.userId);
    }
    return current;
  }

  /** What stands beside an event that was held. */
  Context at(long nowMicros, Context shown, @Nullable String userId) {
    touch(nowMicros);
    return context(shown, userId);
  }

  private void touch(long nowMicros) {
    if (!options.identifiers) {
      return;
    }
    long nowMs = nowMicros / 1_000;
    Who now = who.at(nowMs, sessionLastMs, options);
    sessionLastMs = now == who ? Math.max(sessionLastMs, nowMs) : nowMs;
    if (now != who) {
      who = now;
      isNew = true;
      current = null;
    }
  }

  private Context context(Context shown, String userId) {
    Context.Builder context = shown.or(platform).toBuilder();
    context.consent(Consent.GRANTED.word()).sdk(Platform.SDK).sdkVersion(Platform.RELEASE);
    if (options.identifiers) {
      context.anonymousId(who.anonymousId).sessionId(who.sessionId).userId(userId);
    } else {
      context.anonymousId(null).sessionId(null).userId(null);
    }
    return context.build();
  }

  Context screen() {
    return screen;
  }

  @Nullable
  String userId() {
    return who.userId;
  }

  /** What is kept on the device, as far as the app has not said another thing since. */
  void restore(Who kept) {
    Who before = isReset ? Who.NOBODY : kept;
    who = isUserSaid || isReset ? before.withUser(who.userId) : before;
    isNew = isUserSaid || isReset;
    sessionLastMs = before.sessionLastMs;
    current = null;
  }

  void setUser(@Nullable String id) {
    who = who.withUser(id == null || id.isEmpty() ? null : Utf8.mended(id));
    isUserSaid = true;
    isNew = true;
    current = null;
  }

  void setScreen(Context next) {
    if (next.hasOtherCampaign(screen)) {
      who = who.withoutSession();
    }
    screen = next;
    current = null;
  }

  void reset() {
    forget();
    isReset = true;
    isNew = true;
  }

  /** Nobody, and nothing is to be written. */
  void forget() {
    who = Who.NOBODY;
    sessionLastMs = 0;
    isNew = false;
    current = null;
  }

  boolean isNew() {
    return isNew;
  }

  /** What is to be written; null: nothing changed. */
  @Nullable
  Who toKeep() {
    if (!isNew && sessionLastMs == 0) {
      return null;
    }
    isNew = false;
    return who.withLast(sessionLastMs);
  }
}
