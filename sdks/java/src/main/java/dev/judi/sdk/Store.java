package dev.judi.sdk;

import java.io.File;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;

/**
 * The queue on the disk. Each process writes a lane of its own, and takes over those of processes
 * that are no more. Everything here is called under the store's monitor, from the queue's and the
 * sender's thread.
 */
final class Store {
  private static final int LANES_MAX = 64;

  final State state;

  private final File folder;
  private final long bytesMax;
  private final List<Lane> taken = new ArrayList<>();
  private Lane own;
  private boolean isClosed;

  /** Opens the folder. */
  Store(File folder, long bytesMax) throws IOException {
    this.folder = folder;
    this.bytesMax = 4 * bytesMax + (4 << 20);
    if (!folder.isDirectory() && !folder.mkdirs() && !folder.isDirectory()) {
      throw new IOException(folder + " cannot be made");
    }
    this.state = new State(folder);
    for (int number = 0; own == null; number++) {
      if (number == LANES_MAX) {
        throw new IOException("more than " + LANES_MAX + " processes share " + folder);
      }
      own = Lane.open(lane(number), this.bytesMax);
    }
  }

  private File lane(int number) {
    return new File(folder, "queue-" + number);
  }

  /**
   * What this process's lane held when it was opened, and the lanes of processes that are no more.
   */
  synchronized List<Queued> recover(boolean isFirst) {
    if (isClosed) {
      return Collections.emptyList();
    }
    List<Queued> found = new ArrayList<>(isFirst ? own.events() : Collections.emptyList());
    for (int number = 0; number < LANES_MAX; number++) {
      if (!lane(number).isDirectory() || isMine(lane(number))) {
        continue;
      }
      try {
        Lane lane = Lane.open(lane(number), bytesMax);
        if (lane != null && lane.isEmpty()) {
          lane.close();
        } else if (lane != null) {
          taken.add(lane);
          found.addAll(lane.events());
        }
      } catch (IOException e) {
        // It is tried again a minute later.
      }
    }
    found.sort(Comparator.comparingLong(event -> event.sequence));
    return found;
  }

  private boolean isMine(File lane) {
    return own.folder.equals(lane) || taken.stream().anyMatch(it -> it.folder.equals(lane));
  }

  synchronized long lostBytes() {
    return own.lostBytes;
  }

  synchronized void append(List<Queued> events) throws IOException {
    if (!isClosed) {
      own.append(events);
    }
  }

  /** These left the queue. */
  synchronized void done(Collection<Queued> events) throws IOException {
    if (isClosed) {
      return;
    }
    own.done(events);
    for (Lane lane : new ArrayList<>(taken)) {
      lane.done(events);
      if (lane.isEmpty()) {
        lane.close();
        taken.remove(lane);
      }
    }
  }

  /** Nothing stays on the device: events, ids, session, number. */
  synchronized void removeAll() throws IOException {
    own.removeAll();
    for (Lane lane : taken) {
      lane.removeAll();
      lane.close();
    }
    taken.clear();
    state.remove();
  }

  synchronized void close() {
    if (!isClosed) {
      isClosed = true;
      own.close();
      taken.forEach(Lane::close);
    }
  }
}
