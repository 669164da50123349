package dev.judi.sdk;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpRetryException;
import java.net.HttpURLConnection;
import java.net.SocketTimeoutException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Sends one body at a time. */
final class Http {
  private static final int ANSWER_BYTES_MAX = 4 << 20;

  private final URL url;
  private final Options options;
  private final ScheduledThreadPoolExecutor ends;
  private volatile HttpURLConnection current;
  private volatile boolean isSent;

  Http(Options options) throws IOException {
    this.url = new URL(options.endpoint + "/v1/events");
    this.options = options;
    this.ends =
        new ScheduledThreadPoolExecutor(
            1,
            run -> {
              Thread thread = new Thread(run, "judi-timeout");
              thread.setDaemon(true);
              return thread;
            });
    ends.setRemoveOnCancelPolicy(true);
    ends.setKeepAliveTime(30, TimeUnit.SECONDS);
    ends.allowCoreThreadTimeOut(true);
  }

  /** The answer; {@link Answer#none} where there is none in time. */
  Answer post(byte[] body, List<Queued> batch) {
    HttpURLConnection connection = null;
    Future<?> end = null;
    try {
      connection = (HttpURLConnection) url.openConnection();
      isSent = false;
      current = connection;
      // A server that sends a little now and then would never be silent for long enough.
      end =
          ends.schedule(connection::disconnect, options.timeout.toMillis(), TimeUnit.MILLISECONDS);
      return exchange(connection, body, batch);
    } catch (IOException | RuntimeException e) {
      if (connection != null) {
        connection.disconnect();
      }
      return Answer.none();
    } finally {
      current = null;
      if (end != null) {
        end.cancel(false);
      }
    }
  }

  private Answer exchange(HttpURLConnection connection, byte[] body, List<Queued> batch)
      throws IOException {
    int timeoutMs = (int) Math.max(1, Math.min(Integer.MAX_VALUE, options.timeout.toMillis()));
    long deadline = System.nanoTime() + options.timeout.toNanos();
    byte[] zipped = Batch.gzipped(body);
    byte[] sent = zipped == null ? body : zipped;
    connection.setConnectTimeout(timeoutMs);
    connection.setReadTimeout(timeoutMs);
    connection.setInstanceFollowRedirects(false);
    connection.setUseCaches(false);
    connection.setDoOutput(true);
    connection.setRequestMethod("POST");
    // Of a fixed length nothing is sent again behind our back.
    connection.setFixedLengthStreamingMode(sent.length);
    connection.setRequestProperty("Authorization", "Bearer " + options.key);
    connection.setRequestProperty("Content-Type", "application/x-protobuf");
    connection.setRequestProperty("Accept", "application/json");
    connection.setRequestProperty("User-Agent", "Judi/" + Platform.RELEASE + " (Java)");
    if (zipped != null) {
      connection.setRequestProperty("Content-Encoding", "gzip");
    }
    try (OutputStream out = connection.getOutputStream()) {
      out.write(sent);
    }
    isSent = true;
    int status = status(connection);
    if (status < 0) {
      throw new IOException("no HTTP");
    }
    InputStream in = status >= 400 ? connection.getErrorStream() : connection.getInputStream();
    String said = in == null ? "" : read(in, deadline);
    String retryAfter = connection.getHeaderField("Retry-After");
    return Answer.of(status, said, retryAfter, batch, options.clock.nowMicros() / 1_000);
  }

  private static int status(HttpURLConnection connection) throws IOException {
    try {
      return connection.getResponseCode();
    } catch (HttpRetryException e) {
      // It wants to send the body again with a password.
      return e.responseCode();
    }
  }

  private static String read(InputStream in, long deadline) throws IOException {
    try (InputStream closed = in) {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      byte[] part = new byte[8192];
      for (int count = closed.read(part); count >= 0; count = closed.read(part)) {
        bytes.write(part, 0, count);
        if (bytes.size() > ANSWER_BYTES_MAX) {
          throw new IOException("the answer has no end");
        }
        if (System.nanoTime() - deadline > 0) {
          throw new SocketTimeoutException("the answer is too slow");
        }
      }
      return new String(bytes.toByteArray(), StandardCharsets.UTF_8);
    }
  }

  /** Ends what is not sent in full yet. */
  void abort() {
    if (!isSent) {
      end();
    }
  }

  private void end() {
    HttpURLConnection connection = current;
    if (connection != null) {
      ends.execute(connection::disconnect);
    }
  }

  void close() {
    end();
    ends.shutdown();
  }
}
