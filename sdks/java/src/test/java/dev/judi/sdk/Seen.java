package dev.judi.sdk;

/** An event for the tests of the runtime, as the generator would write it. */
final class Seen extends Event {
  static final Schema SCHEMA = new Schema(7, "1.2.3", "00");

  private final String what;
  private final int count;

  Seen(String what, int count) {
    this.what = what;
    this.count = count;
  }

  @Override
  public String eventName() {
    return "seen";
  }

  @Override
  public void writeTo(Writer out) {
    if (!what.isEmpty()) {
      out.string(10, what);
    }
    if (count != 0) {
      out.int64(16, count);
    }
  }

  @Override
  protected String[] names() {
    return new String[] {"what", "count"};
  }

  @Override
  protected Object[] values() {
    return new Object[] {Values.implicit(what), Values.implicit(count)};
  }
}
