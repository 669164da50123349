package dev.judi.sdk;

import static dev.judi.sdk.Tests.equal;
import static dev.judi.sdk.Tests.that;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** What is on the disk after a process is no more. */
final class SegmentTest {
  private SegmentTest() {}

  static Queued queued(String id, long sequence) {
    Context context = Context.builder().userId("ü").locale("sv-SE").build();
    Queued event =
        new Queued(id, "seen", 1_700_000_000_000_000L, 5, 7, context, new byte[] {1, 2, 3});
    event.sequence = sequence;
    return event;
  }

  private static File folder() throws IOException {
    return Files.createTempDirectory("judi-test").toFile();
  }

  private static TreeSet<String> ids(List<Queued> events) {
    TreeSet<String> ids = new TreeSet<>();
    events.forEach(event -> ids.add(event.id));
    return ids;
  }

  /**
   * Cut at any byte, what was whole before the cut is there, and what is appended later is, too.
   */
  static void aTornTailIsCutOff() throws IOException {
    File whole = new File(folder(), "0.log");
    Segment segment = new Segment(whole);
    segment.append(List.of(queued("a", 1)));
    long first = segment.length();
    segment.append(List.of(queued("b", 2)));
    segment.close();
    byte[] bytes = Files.readAllBytes(whole.toPath());
    for (int cut = 0; cut <= bytes.length; cut++) {
      Files.write(whole.toPath(), java.util.Arrays.copyOf(bytes, cut));
      Map<String, Queued> found = new HashMap<>();
      long lost = new Segment(whole).read(found);
      int wanted = cut == bytes.length ? 2 : cut >= first ? 1 : 0;
      equal(found.size(), wanted);
      equal(lost, cut - (wanted == 2 ? bytes.length : wanted == 1 ? first : 0));
      equal(whole.length(), cut - lost);
    }
    Map<String, Queued> found = new HashMap<>();
    Files.write(whole.toPath(), bytes);
    new Segment(whole).read(found);
    Queued b = found.get("b");
    equal(b.sequence, 2L);
    equal(b.context, queued("b", 2).context);
    equal(b.monotonicMs, Queued.NOT_KNOWN);
    bytes[bytes.length - 1] ^= 1;
    Files.write(whole.toPath(), bytes);
    found.clear();
    that(new Segment(whole).read(found) > 0 && found.size() == 1, "a flipped bit is seen");
  }

  static void whatLeftStaysAway() throws IOException {
    File folder = folder();
    Lane lane = Lane.open(folder, 1 << 20);
    List<Queued> events = new ArrayList<>();
    for (int count = 0; count < 10; count++) {
      events.add(queued("e" + count, count));
    }
    lane.append(events);
    equal(Lane.open(folder, 1 << 20), null);
    lane.done(events.subList(0, 9));
    lane.close();
    Lane again = Lane.open(folder, 1 << 20);
    equal(ids(again.events()), new TreeSet<>(List.of("e9")));
    again.done(again.events());
    again.close();
    equal(folder.list((in, name) -> name.endsWith(".log")).length, 0);
  }

  /** One event that stays for ever does not keep all that came and left behind it. */
  static void filesDoNotGrowWithoutEnd() throws IOException {
    File folder = folder();
    Lane lane = Lane.open(folder, 100_000);
    lane.append(List.of(queued("stays", 1)));
    for (int count = 0; count < 5_000; count++) {
      Queued event = queued("e" + count, count + 2);
      lane.append(List.of(event));
      lane.done(List.of(event));
    }
    long bytes = 0;
    for (File file : folder.listFiles()) {
      bytes += file.length();
    }
    that(bytes < 150_000, bytes + " bytes");
    lane.close();
    equal(ids(Lane.open(folder, 100_000).events()), new TreeSet<>(List.of("stays")));
  }

  static void numbersGoOnAndNeverComeTwice() throws IOException {
    File folder = folder();
    State state = new State(folder);
    equal(state.read().sequence, 0L);
    state.update(kept -> new State.Kept(kept.sequence + 5, new Who("a", null, "s", 1, 2)));
    State.Kept kept =
        new State(folder).update(before -> new State.Kept(before.sequence + 1, before.who));
    equal(kept.sequence, 6L);
    equal(
        kept.who.anonymousId + kept.who.userId + kept.who.sessionId + kept.who.sessionLastMs,
        "anulls2");
  }
}
