package dev.judi.sdk;

/** Text that goes into a context, where nothing is refused for half a character. */
final class Utf8 {
  private Utf8() {}

  /** The text, each half of a surrogate pair as U+FFFD. */
  static String mended(String text) {
    StringBuilder mended = null;
    for (int at = 0; at < text.length(); at++) {
      char unit = text.charAt(at);
      if (!Character.isSurrogate(unit)) {
        continue;
      }
      boolean isPair =
          at + 1 < text.length() && Character.isSurrogatePair(unit, text.charAt(at + 1));
      if (isPair) {
        at++;
        continue;
      }
      mended = mended == null ? new StringBuilder(text) : mended;
      mended.setCharAt(at, '\ufffd');
    }
    return mended == null ? text : mended.toString();
  }
}
