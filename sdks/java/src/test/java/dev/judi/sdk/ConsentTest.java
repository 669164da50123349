package dev.judi.sdk;

import static dev.judi.sdk.Tests.equal;
import static dev.judi.sdk.Tests.pause;
import static dev.judi.sdk.Tests.that;
import static dev.judi.sdk.Tests.until;

import java.io.File;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Nothing leaves, and nothing stays, that the user did not agree to. */
final class ConsentTest {
  private ConsentTest() {}

  static void whatWasHeldIsSentOnYes() throws IOException {
    try (Kit kit = new Kit()) {
      Tracker judi = kit.start(kit.options().consent(Consent.PENDING));
      equal(judi.track(new Seen("a", 1)), null);
      judi.setUser("u");
      equal(judi.track(new Seen("b", 2)), null);
      pause(200);
      equal(kit.server.batches().size(), 0);
      equal(kit.folder.list().length, 0);
      judi.consent(Consent.GRANTED);
      judi.track(new Seen("c", 3));
      that(judi.flush(Duration.ofSeconds(10)), "all is sent");
      judi.close();
      List<String> order = new ArrayList<>();
      for (Proto event : kit.server.events()) {
        order.add(event.message(8).text(1) + event.number(4));
      }
      equal(order, List.of("a1", "b2", "c3"));
      equal(kit.persisted.size(), 3);
    }
  }

  static void whatWasHeldIsDroppedOnNo() throws IOException {
    try (Kit kit = new Kit()) {
      Tracker judi = kit.start(kit.options().consent(Consent.PENDING));
      judi.track(new Seen("a", 1));
      judi.consent(Consent.DENIED);
      equal(judi.track(new Seen("b", 1)), null);
      equal(kit.kinds(), "no_consent no_consent");
      judi.close();
      equal(kit.server.batches().size(), 0);
      equal(kit.folder.list().length, 0);
    }
  }

  static void noTakesBackWhatIsKept() throws IOException {
    try (Kit kit = new Kit()) {
      kit.server.script = batch -> Server.Reply.of(500);
      Tracker judi = kit.start();
      judi.track(new Seen("a", 1));
      until(() -> kit.persisted.size() == 1, "it is kept");
      judi.consent(Consent.DENIED);
      judi.setUser("u");
      pause(100);
      for (File file : kit.folder.listFiles()) {
        that(!file.getName().equals("state"), "ids stay");
        String[] logs =
            file.isDirectory() ? file.list((in, name) -> name.endsWith(".log")) : new String[0];
        equal(logs.length, 0);
      }
      int sent = kit.server.batches().size();
      pause(200);
      equal(kit.server.batches().size(), sent);
      kit.server.script = Server::ok;
      judi.consent(Consent.GRANTED);
      judi.track(new Seen("b", 1));
      that(judi.flush(Duration.ofSeconds(10)), "all is sent");
      judi.close();
      equal(kit.server.events().get(kit.server.events().size() - 1).number(4), 1L);
    }
  }

  static void anOptOutIsRemembered() throws IOException {
    try (Kit kit = new Kit()) {
      Tracker first = kit.start();
      first.optOut();
      equal(first.track(new Seen("a", 1)), null);
      first.close();
      Tracker second = kit.start();
      equal(second.track(new Seen("b", 1)), null);
      second.optIn();
      that(second.track(new Seen("c", 1)) != null, "it is taken again");
      second.close();
      equal(kit.server.events().size(), 1);
    }
  }

  static void withoutIdentifiersNothingIsKept() throws IOException {
    try (Kit kit = new Kit()) {
      Tracker judi = kit.start(kit.options().identifiers(false));
      judi.setUser("u");
      judi.track(new Seen("a", 1));
      that(judi.flush(Duration.ofSeconds(10)), "all is sent");
      judi.close();
      equal(kit.folder.list().length, 0);
      Proto batch = kit.server.batches().get(0);
      Proto context = batch.message(2);
      that(!context.has(1) && !context.has(2) && !context.has(3), "no ids");
      that(!batch.messages(3).get(0).has(4), "no number");
      equal(kit.persisted.size(), 0);
    }
  }
}
