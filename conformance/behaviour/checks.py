"""What a transcript is held to: each function is a check of a scenario's `expect`, by name. It returns what is wrong, or None.

`told` has what happened: `requests` (answered, in order), `taken` (the events that the server keeps), `calls` (what the driver
said to each track), `lines` (all that it said), `slack_ms` (what a busy machine may add to a time)."""
import re
from collections import Counter

# A library may look at its clock for the session a little later than for the event.
SESSION_LATE_MS = 100
UUID7 = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")


def article_of(event):
    """The article_id in an article_view's payload."""
    data, at = bytes.fromhex(event.get("payload", "")), 0
    if not data or data[0] != 0x0A:
        return None
    length, shift, at = 0, 0, 1
    while True:
        length |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if data[at - 1] < 0x80:
            break
    return data[at:at + length].decode()


def whole_context(request, event):
    return {**request["batch"].get("context", {}), **event.get("context", {})}


def events_of(told):
    """Each event as it came first, with its context, in the order of coming."""
    seen, events = set(), []
    for request in told.requests:
        for event in request.get("batch", {}).get("events", []):
            context = whole_context(request, event)
            key = (context.get("anonymous_id"), event.get("event_id"))
            if key not in seen:
                seen.add(key)
                events.append((event, context))
    return events


def wrong(what, was, wanted):
    return None if was == wanted else f"{what}: {wanted} wanted, was {was}"


def requests(told, wanted):
    return wrong("requests", len(told.requests), wanted)


def requests_at_least(told, wanted):
    return None if len(told.requests) >= wanted else f"{wanted} requests wanted at least, were {len(told.requests)}"


def connections(told, wanted):
    return wrong("connections", told.connections, wanted)


def connections_at_least(told, wanted):
    return None if told.connections >= wanted else f"{wanted} connections wanted at least, were {told.connections}"


def statuses(told, wanted):
    return wrong("statuses", [request["status"] for request in told.requests], wanted)


def sizes(told, wanted):
    return wrong("events of the requests", [len(it.get("batch", {}).get("events", [])) for it in told.requests], wanted)


def size_max(told, wanted):
    most = max((len(it.get("batch", {}).get("events", [])) for it in told.requests), default=0)
    return None if most <= wanted else f"a request has {most} events, at most {wanted} are wanted"


def bytes_max(told, wanted):
    def payloads(request):
        return sum(len(event["payload"]) // 2 for event in request["batch"]["events"])
    most = max((payloads(it) for it in told.requests if "batch" in it), default=0)
    return None if most <= wanted else f"a request has {most} bytes of payloads, at most {wanted} are wanted"


def gaps(told, wanted):
    """Milliseconds between an answer and the next request: `[[least, most], …]`; null: not looked at."""
    for place, bounds in enumerate(wanted):
        if bounds is None:
            continue
        if place + 1 >= len(told.requests):
            return f"no request after the {place + 1}th"
        gap = told.requests[place + 1]["at_ms"] - told.requests[place]["answered_ms"]
        # Clocks of both sides are rounded.
        if not bounds[0] - 15 <= gap <= bounds[1] + told.slack_ms:
            return f"{gap:.0f} ms between request {place + 1} and the next; {bounds} are wanted"
    return None


def jitter(told, wanted):
    """`{"base": ms, "cap": ms}`: every wait is within full jitter's bound, not all are long, and not all are short."""
    waits = []
    for place, (one, next_one) in enumerate(zip(told.requests, told.requests[1:]), 1):
        if one["status"] == 200 and not one.get("cut"):
            break
        gap = next_one["at_ms"] - one["answered_ms"]
        bound = min(wanted["cap"], wanted["base"] * 2 ** place)
        if gap > bound + told.slack_ms:
            return f"{gap:.0f} ms before try {place + 1}; at most {bound} are wanted"
        waits.append(round(gap / bound, 2))
    if len(waits) < wanted.get("waits", 2):
        return f"only {len(waits)} waits"
    # By chance eight waits are all that long, or all that short, once in 400,000 runs.
    if min(waits) > 0.8 or max(waits) < 0.2:
        return f"the waits are not by chance: of their bounds they are {waits}"
    return None


def gap_of_first(told, wanted):
    """Milliseconds from the first call to the first request."""
    if not told.requests or not told.calls:
        return "no request"
    # The call was between its line and its answer.
    least, most = (told.requests[0]["at_ms"] - told.calls[0][name] for name in ("answered_ms", "at_ms"))
    if most >= wanted[0] - 15 and least <= wanted[1] + told.slack_ms:
        return None
    return f"{least:.0f} to {most:.0f} ms to the first request; {wanted} are wanted"


def same_batch(told, wanted):
    """These requests, by place, have the same events."""
    ids = [[event["event_id"] for event in told.requests[at]["batch"]["events"]] for at in wanted if at < len(told.requests)]
    if len(ids) < len(wanted):
        return f"only {len(told.requests)} requests"
    return None if all(it == ids[0] for it in ids) else f"the batches of {wanted} differ: {ids}"


def tries(told, wanted):
    """Of an event that is sent again: ids, number, times and payload stay; the batch's sent_at is new."""
    first = {}
    again = 0
    for request in told.requests:
        batch = request.get("batch")
        if not batch:
            continue
        for event in batch["events"]:
            before = first.get(event["event_id"])
            if before is None:
                first[event["event_id"]] = (event, batch)
                continue
            again += 1
            for name in ("event", "occurred_at", "sequence", "schema_version", "payload"):
                if before[0].get(name) != event.get(name):
                    return f"{name} of {event['event_id']} was {before[0].get(name)}, then {event.get(name)}"
            if event.get("monotonic_ms") not in (before[0].get("monotonic_ms"), None):
                return f"monotonic_ms of {event['event_id']} changed"
            if batch.get("sent_at") is None or batch["sent_at"] <= before[1]["sent_at"]:
                return "sent_at was not set anew"
            if wanted.get("one_process") and batch.get("sent_monotonic_ms", 0) < before[1].get("sent_monotonic_ms", 0):
                return "sent_monotonic_ms went back"
            first[event["event_id"]] = (event, batch)
    least = wanted.get("at_least", 1)
    return None if again >= least else f"only {again} events were sent again, {least} are wanted"


def stored_all(told, wanted):
    """Every accepted call is kept exactly once (but those whose numbers are given), and nothing else."""
    sent = {call["article"] for call in told.calls if "error" not in call} - {f"a-{it}" for it in wanted}
    kept = Counter(article_of(event) for event in told.taken)
    missing, more = sorted(sent - set(kept)), sorted(it for it, count in kept.items() if count > 1 or it not in sent)
    return None if not missing and not more else f"not kept: {missing[:5]}; kept twice, or not to be: {more[:5]}"


def stored(told, wanted):
    return wrong("events kept", len(told.taken), wanted)


def in_order(told, wanted):
    """Numbers count up by one in the order of the calls; one request at a time; ids ascend, as UUIDv7."""
    events = [event for event, _ in events_of(told)]
    numbers = [event.get("sequence") for event in events]
    if any(number is None for number in numbers):
        return "events without a sequence"
    if numbers != list(range(numbers[0], numbers[0] + len(numbers))) if numbers else False:
        return f"the sequence is {numbers}"
    ids = [event["event_id"] for event in events]
    if not all(UUID7.match(it) for it in ids):
        return f"ids that are no UUIDv7: {[it for it in ids if not UUID7.match(it)][:3]}"
    if ids != sorted(ids) and wanted.get("ids", True):
        return "ids do not ascend"
    articles = [int(article_of(event)[2:]) for event in events]
    if articles != sorted(articles) and wanted.get("calls", True):
        return f"not in the order of the calls: {articles}"
    for one, next_one in zip(told.requests, told.requests[1:]):
        if wanted.get("one_at_a_time", True) and next_one["at_ms"] < one["answered_ms"] - 5:
            return "two requests at once"
    return None


def numbers_once(told, wanted):
    numbers = Counter(event.get("sequence") for event, _ in events_of(told))
    twice = [number for number, count in numbers.items() if count > 1]
    return None if not twice or not wanted else f"numbers given twice: {twice[:5]}"


def reports(told, wanted):
    was = Counter(line["report"].get("kind") for line in told.lines if "report" in line)
    return wrong("reports", dict(was), wanted)


def report_has(told, wanted):
    """Of the kind, all these members."""
    found = [line["report"] for line in told.lines if "report" in line and line["report"].get("kind") == wanted["kind"]]
    if not found:
        return f"no report {wanted['kind']}"
    lacks = [name for name in wanted["members"] if found[0].get(name) in (None, "", 0)]
    return f"the report lacks {lacks}: {found[0]}" if lacks else None


def results(told, wanted):
    """What became of the events; that one is kept for another try may be told, too."""
    was = Counter(line["result"].get("status") for line in told.lines if "result" in line)
    was.pop("retry", None)
    return wrong("results", dict(was), wanted)


def call_errors(told, wanted):
    """What calls told of themselves: an error where the language has that for it, else a report beside an id that is empty."""
    was = Counter(call["error"] for call in told.calls if "error" in call)
    silent = sum(not call.get("event_id") for call in told.calls if "error" not in call)
    reported = Counter(line["report"].get("kind") for line in told.lines if "report" in line)
    if not was and silent >= sum(wanted.values()) and all(reported[kind] >= count for kind, count in wanted.items()):
        return None
    return wrong("errors of calls", dict(was), wanted)


def context_has(told, wanted):
    for event, context in events_of(told):
        lacks = [name for name in wanted if not context.get(name)]
        if lacks:
            return f"the context of {article_of(event)} lacks {lacks}"
    return None if events_of(told) else "no events"


def context_lacks(told, wanted):
    for event, context in events_of(told):
        has = [name for name in wanted if context.get(name) or event.get(name) is not None]
        if has:
            return f"{article_of(event)} has {has}"
    return None if events_of(told) else "no events"


def context_is(told, wanted):
    """A member's values, event by event, as they came."""
    for name, values in wanted.items():
        was = [context.get(name, "") for _, context in events_of(told)]
        if was != values:
            return f"{name}: {values} wanted, was {was}"
    return None


def distinct(told, wanted):
    """How many different values a member has, and that they come one after the other."""
    for name, count in wanted.items():
        values = [context.get(name) for _, context in events_of(told)]
        runs = [value for place, value in enumerate(values) if place == 0 or values[place - 1] != value]
        if len(runs) != count or len(set(runs)) != count:
            return f"{name}: {count} values wanted, one after the other; were {runs}"
        if not all(value and UUID7.match(value) for value in runs):
            return f"{name} is no UUIDv7: {runs}"
    return None


def sessions(told, wanted):
    """A session ends `idle` ms after its last event and `max` ms after its first, by the events' own times; at least `count`."""
    first = last = session = None
    seen = set()
    for event, context in events_of(told):
        at, own = event["occurred_at"] / 1e6, context.get("session_id")
        if session is not None:
            over = max(at - last - wanted["idle"], at - first - wanted["max"])
            if own != session and over < -SESSION_LATE_MS or own == session and over > SESSION_LATE_MS:
                return f"{article_of(event)} is {'in the same' if own == session else 'in another'} session, {over:.0f} ms over its end"
        if own != session:
            if own in seen or not UUID7.match(own or ""):
                return f"the session {own} is no new UUIDv7"
            seen.add(own)
            session, first = own, at
        last = at
    return None if len(seen) >= wanted["count"] else f"{len(seen)} sessions"


def occurred_at_call(told, wanted):
    """`occurred_at` is the time of the call, not of what came later."""
    called = {call["article"]: call for call in told.calls}
    for event, _ in events_of(told):
        call, was = called[article_of(event)], event["occurred_at"] / 1e6
        if not call["wall_ms"] - wanted <= was <= call["answered_wall_ms"] + wanted:
            return f"{article_of(event)} occurred {was - call['answered_wall_ms']:.0f} ms from its call's answer"
    return None


def round_trip(told, wanted):
    """The last request says a round trip of so many milliseconds."""
    was = told.requests[-1]["batch"].get("round_trip_ms")
    if was is None or not wanted[0] - 15 <= was <= wanted[1] + told.slack_ms:
        return f"round_trip_ms: {wanted} wanted, was {was}"
    return None


def form(told, wanted):
    """Path, key, type and times of every request are as the library's form says."""
    for request in told.requests:
        if request["method"] != "POST" or request["target"].split("?")[0] != "/v1/events":
            return f"{request['method']} {request['target']}"
        headers, batch = request["headers"], request.get("batch")
        if batch is None:
            return f"a body that cannot be read: {request.get('unreadable')}"
        if request["form"] == "protobuf" and headers.get("authorization") != "Bearer dev":
            return "no Authorization: Bearer dev"
        if request["form"] == "json" and "writeKey=dev" not in request["target"]:
            return "no ?writeKey=dev"
        if request["form"] == "json" and not headers["content-type"].startswith("text/plain"):
            return f"JSON as {headers['content-type']}"
        if batch.get("sent_at") is None or abs(batch["sent_at"] / 1e6 - request["wall_ms"]) > 2000 + told.slack_ms:
            return f"sent_at is {batch.get('sent_at')}, now is {request['wall_ms']} ms"
        for event in batch["events"]:
            lacks = [it for it in ("event_id", "event", "occurred_at", "schema_version", "payload") if not event.get(it)]
            if lacks:
                return f"an event lacks {lacks}"
    return None if told.requests or not wanted else "no requests"


def gzipped(told, wanted):
    """Bodies over 1 kB are compressed, by those that do."""
    large = [it for it in told.requests if it["headers"].get("content-encoding") == "gzip"]
    return None if bool(large) == wanted else f"{len(large)} requests are compressed"


def closed_within(told, wanted):
    took = [line["took_ms"] for line in told.marks if line["what"] in ("close", "term")]
    return None if took and max(took) <= wanted + told.slack_ms else f"the end took {took} ms, {wanted} are wanted"


def folder_empty(told, wanted):
    """Nothing of the events or of who made them is on the device."""
    found = [str(path.relative_to(told.folder)) for path in sorted(told.folder.rglob("*")) if path.is_file() and path.stat().st_size]
    return None if not found or not wanted else f"files: {found[:5]}"


def payload_of(told, wanted):
    """The payload of the first event."""
    events = events_of(told)
    return wrong("payload", events[0][0].get("payload") if events else None, wanted)


def persisted_all(told, wanted):
    """Every call that was accepted was told to be kept."""
    kept = sum("persisted" in line for line in told.lines)
    calls = sum("error" not in call for call in told.calls)
    return None if kept >= calls or not wanted else f"{kept} of {calls} were told to be persisted"
