package dev.judi.sdk;

import java.util.Arrays;

/** Who, where and with what: what stands beside every event. A value that never changes. */
public final class Context {
  /** Nothing. */
  public static final Context EMPTY = new Context(new String[20]);

  static final int ANONYMOUS_ID = 0;
  static final int USER_ID = 1;
  static final int SESSION_ID = 2;
  static final int FIELDS = 20;

  private static final int UTM_FIRST = 12;
  private static final int UTM_LAST = 16;

  private final String[] values;

  Context(String[] values) {
    this.values = values;
  }

  /** Begins with nothing set. */
  @NonNull
  public static Builder builder() {
    return new Builder(new String[FIELDS]);
  }

  /** Begins with what is set here. */
  @NonNull
  public Builder toBuilder() {
    return new Builder(values.clone());
  }

  /** Who acts, without a name; made by this library. */
  @Nullable
  public String getAnonymousId() {
    return values[0];
  }

  /** Who acts, as the app knows them. */
  @Nullable
  public String getUserId() {
    return values[1];
  }

  /** The visit; made by this library. */
  @Nullable
  public String getSessionId() {
    return values[2];
  }

  /** The app's name. */
  @Nullable
  public String getApp() {
    return values[3];
  }

  /** Its version. */
  @Nullable
  public String getAppVersion() {
    return values[4];
  }

  /** What it runs on: {@code java}, {@code android}. */
  @Nullable
  public String getPlatform() {
    return values[5];
  }

  /** The operating system. */
  @Nullable
  public String getOs() {
    return values[6];
  }

  /** The device's model. */
  @Nullable
  public String getDevice() {
    return values[7];
  }

  /** The language and region: {@code sv-SE}. */
  @Nullable
  public String getLocale() {
    return values[8];
  }

  /** The address of the page or the screen. */
  @Nullable
  public String getPageUrl() {
    return values[9];
  }

  /** Its path. */
  @Nullable
  public String getPagePath() {
    return values[10];
  }

  /** Where the reader came from. */
  @Nullable
  public String getReferrer() {
    return values[11];
  }

  /** The campaign's source. */
  @Nullable
  public String getUtmSource() {
    return values[12];
  }

  /** The campaign's medium. */
  @Nullable
  public String getUtmMedium() {
    return values[13];
  }

  /** The campaign's name. */
  @Nullable
  public String getUtmCampaign() {
    return values[14];
  }

  /** The campaign's search words. */
  @Nullable
  public String getUtmTerm() {
    return values[15];
  }

  /** The campaign's variant. */
  @Nullable
  public String getUtmContent() {
    return values[16];
  }

  /** What was agreed to. */
  @Nullable
  public String getConsent() {
    return values[17];
  }

  /** This library. */
  @Nullable
  public String getSdk() {
    return values[18];
  }

  /** This library's release. */
  @Nullable
  public String getSdkVersion() {
    return values[19];
  }

  /** Field {@code at}, counted from 0; null: it is empty. */
  @Nullable
  String at(int at) {
    return values[at];
  }

  /** This, and of what is empty here what {@code other} says. */
  Context or(Context other) {
    String[] both = values.clone();
    for (int at = 0; at < FIELDS; at++) {
      both[at] = both[at] == null ? other.values[at] : both[at];
    }
    return new Context(both);
  }

  /** Whether another campaign brought the reader. */
  boolean hasOtherCampaign(Context before) {
    boolean isOther = false;
    boolean isSet = false;
    for (int at = UTM_FIRST; at <= UTM_LAST; at++) {
      isSet |= values[at] != null;
      isOther |= values[at] != null && !values[at].equals(before.values[at]);
    }
    return isSet && isOther;
  }

  /** What both say alike. */
  Context common(Context other) {
    if (this == other) {
      return this;
    }
    String[] both = new String[FIELDS];
    for (int at = 0; at < FIELDS; at++) {
      both[at] = values[at] != null && values[at].equals(other.values[at]) ? values[at] : null;
    }
    return new Context(both);
  }

  /** What is not said by {@code shared}. */
  void writeWithout(Context shared, int tag, Writer out) {
    if (this == shared) {
      return;
    }
    int at = -1;
    for (int field = 0; field < FIELDS; field++) {
      String value = values[field];
      if (value == null || value.isEmpty() || value.equals(shared.values[field])) {
        continue;
      }
      at = at < 0 ? out.begin(tag) : at;
      out.string((field + 1) << 3 | 2, value);
    }
    if (at >= 0) {
      out.end(at);
    }
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Context && Arrays.equals(((Context) other).values, values);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(values);
  }

  @Override
  public String toString() {
    return "Context" + Arrays.toString(values);
  }

  /** Makes {@link Context}. */
  public static final class Builder {
    private final String[] values;

    private Builder(String[] values) {
      this.values = values;
    }

    Builder set(int at, @Nullable String value) {
      values[at] = value == null || value.isEmpty() ? null : Utf8.mended(value);
      return this;
    }

    /** Who acts, without a name; made by this library. */
    @NonNull
    public Builder anonymousId(@Nullable String value) {
      return set(0, value);
    }

    /** Who acts, as the app knows them. */
    @NonNull
    public Builder userId(@Nullable String value) {
      return set(1, value);
    }

    /** The visit; made by this library. */
    @NonNull
    public Builder sessionId(@Nullable String value) {
      return set(2, value);
    }

    /** The app's name. */
    @NonNull
    public Builder app(@Nullable String value) {
      return set(3, value);
    }

    /** Its version. */
    @NonNull
    public Builder appVersion(@Nullable String value) {
      return set(4, value);
    }

    /** What it runs on: {@code java}, {@code android}. */
    @NonNull
    public Builder platform(@Nullable String value) {
      return set(5, value);
    }

    /** The operating system. */
    @NonNull
    public Builder os(@Nullable String value) {
      return set(6, value);
    }

    /** The device's model. */
    @NonNull
    public Builder device(@Nullable String value) {
      return set(7, value);
    }

    /** The language and region: {@code sv-SE}. */
    @NonNull
    public Builder locale(@Nullable String value) {
      return set(8, value);
    }

    /** The address of the page or the screen. */
    @NonNull
    public Builder pageUrl(@Nullable String value) {
      return set(9, value);
    }

    /** Its path. */
    @NonNull
    public Builder pagePath(@Nullable String value) {
      return set(10, value);
    }

    /** Where the reader came from. */
    @NonNull
    public Builder referrer(@Nullable String value) {
      return set(11, value);
    }

    /** The campaign's source. */
    @NonNull
    public Builder utmSource(@Nullable String value) {
      return set(12, value);
    }

    /** The campaign's medium. */
    @NonNull
    public Builder utmMedium(@Nullable String value) {
      return set(13, value);
    }

    /** The campaign's name. */
    @NonNull
    public Builder utmCampaign(@Nullable String value) {
      return set(14, value);
    }

    /** The campaign's search words. */
    @NonNull
    public Builder utmTerm(@Nullable String value) {
      return set(15, value);
    }

    /** The campaign's variant. */
    @NonNull
    public Builder utmContent(@Nullable String value) {
      return set(16, value);
    }

    /** What was agreed to. */
    @NonNull
    public Builder consent(@Nullable String value) {
      return set(17, value);
    }

    /** This library. */
    @NonNull
    public Builder sdk(@Nullable String value) {
      return set(18, value);
    }

    /** This library's release. */
    @NonNull
    public Builder sdkVersion(@Nullable String value) {
      return set(19, value);
    }

    /** The value, which never changes. */
    @NonNull
    public Context build() {
      return new Context(values.clone());
    }
  }
}
