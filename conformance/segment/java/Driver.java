// com.segment.analytics.java:analytics: each call a batch of its own, sent again until it is taken.

import com.segment.analytics.Analytics;
import com.segment.analytics.Callback;
import com.segment.analytics.Log;
import com.segment.analytics.messages.AliasMessage;
import com.segment.analytics.messages.GroupMessage;
import com.segment.analytics.messages.IdentifyMessage;
import com.segment.analytics.messages.Message;
import com.segment.analytics.messages.MessageBuilder;
import com.segment.analytics.messages.PageMessage;
import com.segment.analytics.messages.ScreenMessage;
import com.segment.analytics.messages.TrackMessage;
import java.time.Instant;
import java.util.Arrays;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

public final class Driver {
  private static final Date WHEN = Date.from(Instant.parse("2026-11-23T08:00:01.500Z"));

  private static Map<String, Object> map(Object... pairs) {
    Map<String, Object> map = new LinkedHashMap<>();
    for (int at = 0; at < pairs.length; at += 2) {
      map.put((String) pairs[at], pairs[at + 1]);
    }
    return map;
  }

  private static Map<String, Object> context() {
    return map(
        "app", map("name", "news", "version", "7.1"),
        "locale", "sv-SE",
        "ip", "10.1.2.3",
        "page", map("url", "https://www.example.se/elk?x=1", "path", "/elk", "referrer", "https://r.example/"),
        "campaign",
            map("name", "höst", "source", "mail", "medium", "letter", "term", "elk", "content", "top"));
  }

  private static <T extends MessageBuilder<?, ?>> T common(T builder, String name) {
    builder.messageId("segment-java-" + name).userId("u1").timestamp(WHEN).context(context());
    if (!name.equals("alias")) {
      builder.anonymousId("a1");
    }
    return builder;
  }

  public static void main(String[] args) throws InterruptedException {
    Map<String, Object> article =
        map(
            "id", "/articles/elk", "words", "1200", "premium", "true", "authors", Arrays.asList("Anna", "Bo"),
            "seconds", 12.3456, "readAt", "2026-11-23T08:00:00+01:00", "score", 4.5, "tone", "Dark Red",
            "somethingNew", map("deep", Arrays.asList(1, "två", null)));
    List<MessageBuilder<?, ?>> calls =
        Arrays.asList(
            common(TrackMessage.builder("Article Read").properties(article), "track"),
            common(
                PageMessage.builder("Home")
                    .properties(map("category", "inrikes", "url", "https://www.example.se/")),
                "page"),
            common(ScreenMessage.builder("Start"), "screen"),
            common(IdentifyMessage.builder().traits(map("plan", "pro", "age", "41")), "identify"),
            common(GroupMessage.builder("g1").traits(map("employees", 12)), "group"),
            common(AliasMessage.builder("old"), "alias"),
            common(TrackMessage.builder("Never Heard Of").properties(map("a", 1)), "unknown"));
    CountDownLatch waiting = new CountDownLatch(calls.size());
    AtomicInteger failed = new AtomicInteger();
    Analytics analytics =
        Analytics.builder(args[1])
            .endpoint(args[0])
            .flushQueueSize(1)
            .flushInterval(1, TimeUnit.SECONDS)
            .log(Log.NONE)
            // It waits 15 s before it sends again: calls that are refused wait beside each other.
            .networkExecutor(Executors.newCachedThreadPool())
            .callback(
                new Callback() {
                  @Override
                  public void success(Message message) {
                    waiting.countDown();
                  }

                  @Override
                  public void failure(Message message, Throwable error) {
                    error.printStackTrace();
                    failed.incrementAndGet();
                    waiting.countDown();
                  }
                })
            .build();
    for (MessageBuilder<?, ?> call : calls) {
      analytics.enqueue(call);
    }
    boolean whole = waiting.await(100, TimeUnit.SECONDS);
    analytics.shutdown();
    // Its threads are not daemons.
    System.exit(whole && failed.get() == 0 ? 0 : 1);
  }

  private Driver() {}
}
