// A queue in IndexedDB that several tabs share: numbers, ids and the right to send are given within transactions.

/** Opens it; `done` gets nothing where that cannot be. Where it is only to be emptied none is made. */
export function openDatabase(name, isToEmpty, done) {
  try {
    var request = indexedDB.open(name, 1);
    request.onupgradeneeded = function () {
      if (isToEmpty) request.transaction.abort();
      else {
        request.result.createObjectStore("meta");
        request.result.createObjectStore("events", { keyPath: "k", autoIncrement: true });
      }
    };
    request.onerror = function () {
      done();
    };
    request.onsuccess = function () {
      done(queueIn(request.result));
    };
  } catch (_) {
    done();
  }
}

function queueIn(database) {
  /** `work` gets the meta, which it may change, and the events. */
  function transaction(work, done) {
    var meta = {};
    try {
      var running = database.transaction(["meta", "events"], "readwrite");
      var kept = running.objectStore("meta");
      var events = running.objectStore("events");
      running.oncomplete = function () {
        done(0, meta);
      };
      running.onabort = function () {
        done(running.error || 1, {});
      };
      kept.get(0).onsuccess = function (event) {
        meta = event.target.result || {};
        work(meta, events);
        events.count().onsuccess = function (event) {
          meta.n = event.target.result;
          if (!meta.n) meta.b = 0;
          kept.put(meta, 0);
        };
      };
    } catch (error) {
      done(error, meta);
    }
  }
  return {
    isPersistent: true,
    write: function (change, gone, done) {
      transaction(function (meta, events) {
        change(meta).forEach(function (record) {
          delete record.k;
          events.add(record).onsuccess = function (event) {
            record.k = event.target.result;
          };
        });
        gone.forEach(function (record) {
          if (record.k > 0) events.delete(record.k);
        });
      }, done);
    },
    take: function (claim, count, done) {
      var list = [];
      transaction(
        function (meta, events) {
          if (claim(meta)) {
            events.getAll(null, count).onsuccess = function (event) {
              list = event.target.result;
            };
          }
        },
        function (error, meta) {
          done(error ? [] : list, meta);
        }
      );
    },
  };
}
