// A queue in memory: what a store must do, in the fewest words. What was not sent is lost with the process.

/** A store: `meta` is what is kept with the queue, its `n` how many records there are. */
export function memory() {
  var meta = {};
  var records = [];
  return {
    /** Adds the records that `change` returns, removes `gone`, and keeps the meta as `change` left it: all or nothing. */
    write: function (change, gone, done) {
      records = records
        .filter(function (record) {
          return gone.indexOf(record) < 0;
        })
        .concat(change(meta));
      meta.n = records.length;
      done(0, meta);
    },
    /** The oldest records, as many as asked for; none where `claim` says no. */
    take: function (claim, count, done) {
      done(claim(meta) ? records.slice(0, count) : [], meta);
    },
  };
}
