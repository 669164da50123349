package dev.judi.sdk;

import static dev.judi.sdk.Tests.equal;
import static dev.judi.sdk.Tests.that;

import java.io.BufferedReader;
import java.io.File;
import java.io.InputStreamReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** Processes that are killed: what was persisted arrives, and nothing has another's number. */
final class KillTest {
  private static final int KILLS = 12;

  private KillTest() {}

  static void whatWasPersistedArrives() throws Exception {
    try (Kit kit = new Kit()) {
      kit.server.script = StressTest::aThirdFails;
      Set<String> persisted = new HashSet<>();
      Random random = new Random(5);
      for (int kill = 0; kill < KILLS; kill++) {
        List<Process> processes = new ArrayList<>();
        // Now and then two at once share the folder.
        for (int number = 0; number <= kill % 3 / 2; number++) {
          processes.add(child(kit));
        }
        for (Process process : processes) {
          read(process, persisted, 200 + random.nextInt(400));
        }
        for (Process process : processes) {
          process.toHandle().destroyForcibly();
          readAll(process, persisted);
          process.waitFor(10, TimeUnit.SECONDS);
        }
      }
      that(persisted.size() > KILLS * 100, "only " + persisted.size() + " were persisted");
      Tracker last = kit.start(kit.options().closeTimeout(Duration.ofSeconds(180)));
      last.close();
      Map<String, Long> arrived = new HashMap<>();
      for (Proto event : kit.server.events()) {
        Long before = arrived.put(event.text(1), event.number(4));
        that(before == null || before == event.number(4), "a number changed");
      }
      Set<String> lost = new HashSet<>(persisted);
      lost.removeAll(arrived.keySet());
      equal(lost.size(), 0);
      equal(new HashSet<>(arrived.values()).size(), arrived.size());
      Map<String, Integer> told = new HashMap<>();
      kit.results.forEach(result -> told.merge(result.eventId(), 1, Integer::sum));
      equal(told.values().stream().anyMatch(times -> times > 1), false);
    }
  }

  /** SIGTERM sends what waits. */
  static void theEndOfTheProcessSends() throws Exception {
    try (Kit kit = new Kit()) {
      Process process = child(kit, "30000");
      Set<String> persisted = new HashSet<>();
      read(process, persisted, 50);
      process.toHandle().destroy();
      readAll(process, persisted);
      that(process.waitFor(40, TimeUnit.SECONDS), "it ends");
      Set<String> arrived = new HashSet<>();
      kit.server.events().forEach(event -> arrived.add(event.text(1)));
      that(arrived.containsAll(persisted), "all arrived before the end");
      equal(new File(kit.folder, "queue-0").list((in, name) -> name.endsWith(".log")).length, 0);
    }
  }

  private static Process child(Kit kit, String... more) throws Exception {
    String java = System.getProperty("java.home") + "/bin/java";
    List<String> command =
        new ArrayList<>(
            List.of(java, "-Xshare:auto", "-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(Child.class.getName(), kit.server.endpoint(), kit.folder.getPath()));
    command.addAll(List.of(more));
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
  }

  private static void read(Process process, Set<String> into, int lines) throws Exception {
    // Unbuffered by us: what is left is read after the kill.
    for (int count = 0; count < lines; count++) {
      StringBuilder line = new StringBuilder();
      for (int next = process.getInputStream().read();
          next != '\n';
          next = process.getInputStream().read()) {
        that(next >= 0, "the child ended by itself");
        line.append((char) next);
      }
      into.add(line.toString());
    }
  }

  /** What it had said before it was killed; a line in part is none. */
  private static void readAll(Process process, Set<String> into) throws Exception {
    BufferedReader lines = new BufferedReader(new InputStreamReader(process.getInputStream()));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      if (line.length() == 36) {
        into.add(line);
      }
    }
  }

  /** Tracks until it is killed, and says what is persisted. */
  public static final class Child {
    private Child() {}

    public static void main(String[] arguments) throws Exception {
      long interval = arguments.length > 2 ? Long.parseLong(arguments[2]) : 50;
      Options options =
          Options.builder(arguments[0], "dev")
              .directory(new File(arguments[1]))
              .consent(Consent.GRANTED)
              .flushInterval(Duration.ofMillis(interval))
              .closeTimeout(Duration.ofSeconds(30))
              .flushAt(interval > 1_000 ? 1_000_000 : 20)
              .retryBase(Duration.ofMillis(10))
              .retryCap(Duration.ofMillis(50))
              .onPersisted(
                  id -> {
                    byte[] line = (id + "\n").getBytes();
                    System.out.write(line, 0, line.length);
                    System.out.flush();
                  })
              .build();
      Tracker judi = Tracker.start(options, Seen.SCHEMA);
      for (int count = 1; ; count++) {
        if (interval <= 1_000 || count <= 200) {
          judi.track(new Seen("child", count));
        }
        if (count % 5 == 0) {
          Thread.sleep(1);
        }
      }
    }
  }
}
