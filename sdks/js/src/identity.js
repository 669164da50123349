// Who and when: ids, sessions and numbers. Nothing here reads a clock, a disk or a network.

var last = 0;
var count = 0;

/** A UUIDv7 of the time in milliseconds, ascending within a process; `random` gives 32 bits. */
export function uuid(now, random) {
  function hex(number, digits) {
    return ("00000000000" + number.toString(16)).slice(-digits);
  }
  count++;
  if (now > last || count > 4095) {
    last = Math.max(now, last + 1);
    count = random() % 2048;
  }
  return (hex(last, 12) + 7 + hex(count, 3) + hex(32768 + (random() % 16384), 4) + hex(random(), 8) + hex(random(), 4)).replace(
    /(.{8})(.{4})(.{4})(.{4})/,
    "$1-$2-$3-$4-"
  );
}

/** Gives a record its number, and its context who it is of. `meta` is what is kept with the queue. */
export function stamp(meta, record, options, id) {
  var time = record.t;
  var context = record.c;
  var utm = [context.utmSource, context.utmMedium, context.utmCampaign, context.utmTerm, context.utmContent] + "";
  if (utm == ",,,,") utm = meta.m;
  if (!meta.s || time - meta.l >= options.sessionIdle || time - meta.f >= options.sessionMax || utm != meta.m) {
    meta.s = id();
    meta.f = time;
    meta.m = utm;
  }
  meta.l = time;
  context.anonymousId = meta.a = meta.a || id();
  context.userId = meta.u;
  context.sessionId = meta.s;
  record.q = meta.q = (meta.q || 0) + 1;
}
