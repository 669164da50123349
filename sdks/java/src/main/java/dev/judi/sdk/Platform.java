package dev.judi.sdk;

import java.util.Locale;
import java.util.Set;

/** What the platform tells by itself. */
final class Platform {
  static final String SDK = "judi-java";
  static final String RELEASE = "0.0.0-judi";

  private Platform() {}

  static boolean isAndroid() {
    return String.valueOf(System.getProperty("java.vendor")).contains("Android");
  }

  static Context context(Set<String> notCollected) {
    Context.Builder context = Context.builder().sdk(SDK).sdkVersion(RELEASE);
    if (!notCollected.contains("platform")) {
      context.platform(isAndroid() ? "android" : "java");
    }
    if (!notCollected.contains("os")) {
      context.os(isAndroid() ? "Android " + android("VERSION", "RELEASE") : os());
    }
    if (!notCollected.contains("device") && isAndroid()) {
      context.device((android("", "MANUFACTURER") + " " + android("", "MODEL")).trim());
    }
    if (!notCollected.contains("locale")) {
      context.locale(Locale.getDefault().toLanguageTag());
    }
    return context.build();
  }

  private static String os() {
    return System.getProperty("os.name", "") + " " + System.getProperty("os.version", "");
  }

  /** A text of android.os.Build; empty: there is none. */
  private static String android(String inner, String field) {
    try {
      String name = "android.os.Build" + (inner.isEmpty() ? "" : "$" + inner);
      return String.valueOf(Class.forName(name).getField(field).get(null));
    } catch (ReflectiveOperationException e) {
      return "";
    }
  }
}
