#!/usr/bin/env python3
"""The smallest library that does what docs/sdk/behaviour.md says, as a `behaviour` driver: what the scenarios themselves are
tested with. `--broken NAME` leaves one thing undone, so that it is seen that a scenario fails by it."""
import argparse
import base64
import email.utils
import fcntl
import http.client
import json
import os
import random
import signal
import ssl
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

DEFAULTS = {"flushAt": 20, "flushInterval": 3000, "maxBatchEvents": 100, "maxBatchBytes": 400_000, "maxQueueEvents": 10_000,
            "maxQueueBytes": 5_000_000, "timeout": 20_000, "retryBase": 1000, "retryCap": 300_000, "retryAfterCap": 3_600_000,
            "closeTimeout": 5000, "consent": "pending", "identifiers": "all", "sessionIdle": 1_800_000, "sessionMax": 86_400_000}
FINAL_RESULTS = ("ok", "duplicate", "quarantined", "rejected")
BROKEN = set()
LAST_ID = [0]


def say(**line):
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def uuid7():
    LAST_ID[0] = now = max(time.time_ns() // 1_000_000 * 4096 + random.randrange(64), LAST_ID[0] + 1)
    text = f"{now // 4096:012x}7{now % 4096:03x}{0x8000 | random.getrandbits(14):04x}{random.getrandbits(48):012x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def rfc3339(nanoseconds):
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{rest:09d}Z"


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


class Library:
    def __init__(self, init):
        self.options = {**DEFAULTS, **init["options"]}
        self.address = f"{init['endpoint']}/v1/events?writeKey={init['key']}"
        handlers = [urllib.request.HTTPSHandler(context=ssl.create_default_context())]
        self.opener = urllib.request.build_opener(*handlers, *([] if "redirect" in BROKEN else [NoRedirect]))
        self.folder = Path(init["dir"])
        self.change = threading.Condition()
        self.queue, self.held, self.state = [], [], {}
        self.consent = self.options["consent"]
        self.failed, self.not_before, self.flushing, self.closing = 0, 0.0, False, False
        self.round_trip, self.size = None, None
        self.stores = self.options["identifiers"] != "none" and "memory" not in BROKEN
        self.place = next(place for place in range(9) if self.locked(place)) if self.stores else 0
        self.load()
        with self.change:
            self.apply(self.consent)
        threading.Thread(target=self.send_for_ever, daemon=True).start()

    def locked(self, place):
        self.lock = open(self.folder / f"lock-{place}", "w")
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except OSError:
            return False

    def load(self):
        path = self.folder / f"queue-{self.place}"
        if self.stores and path.exists():
            kept = json.loads(path.read_text())
            self.queue, self.state = kept["queue"], kept["state"]
            for event in self.queue:
                event.pop("monotonic_ms", None)

    def save(self):
        if not self.stores:
            return
        path = self.folder / f"queue-{self.place}"
        if not self.queue and not self.state:
            path.unlink(missing_ok=True)
            return
        with open(f"{path}.new", "w") as file:
            json.dump({"queue": self.queue, "state": self.state}, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(f"{path}.new", path)

    def is_refused(self):
        return self.state.get("opted_out") or self.consent == "denied"

    def report(self, kind, event, **more):
        say(report={"kind": kind, "event_id": event.get("event_id", ""), "event": event["event"], **more})

    def track(self, line):
        text = line["call"]
        payload = b""
        for number, name in ((1, "article_id"), (3, "title")):
            if name in text:
                value = text[name].encode()
                size = bytes([len(value)]) if len(value) < 128 else bytes([len(value) & 127 | 128, len(value) >> 7])
                payload += bytes([number << 3 | 2]) + size + value
        event = {"event": line["event"], "occurred_at": time.time_ns(), "payload": payload.hex(), "schema_version": 1,
                 "monotonic_ms": time.monotonic_ns() // 1_000_000}
        with self.change:
            waiting = self.queue + self.held
            size = sum(len(it["payload"]) // 2 for it in waiting) + len(payload)
            if self.is_refused():
                refused = "no_consent"
            elif len(waiting) >= self.options["maxQueueEvents"] or size > self.options["maxQueueBytes"]:
                refused = "queue_full"
            else:
                refused = None
            if refused:
                self.report(refused, event)
                say(error=refused)
                return
            if self.consent == "pending" and "consent" not in BROKEN:
                self.held.append(event)
                say(tracked="")
                return
            self.admit(event)
            say(tracked=event["event_id"])
            if self.stores:
                say(persisted=event["event_id"])
            self.change.notify_all()

    def admit(self, event):
        event["event_id"] = uuid7()
        event["queued"] = time.monotonic()
        if self.options["identifiers"] != "none":
            state, now = self.state, event["occurred_at"] // 1_000_000
            state["sequence"] = event["sequence"] = state.get("sequence", 0) + 1
            state.setdefault("anonymous_id", uuid7())
            session = state.get("session")
            if not session or now - session["last"] > self.options["sessionIdle"] or now - session["first"] > self.options["sessionMax"]:
                session = state["session"] = {"id": uuid7(), "first": now}
            session["last"] = now
            event["context"] = {"anonymous_id": state["anonymous_id"], "session_id": session["id"], "user_id": state.get("user_id", "")}
        self.queue.append(event)
        self.save()

    def apply(self, consent):
        """A new state of consent."""
        self.consent = consent
        if self.is_refused():
            for event in self.held + self.queue:
                self.report("no_consent", event)
            self.held, self.queue = [], []
            self.state = {"opted_out": True} if self.state.get("opted_out") else {}
            self.save()
        elif consent == "granted":
            held, self.held = self.held, []
            for event in held:
                self.admit(event)
        self.change.notify_all()

    def do(self, line):
        what = line["do"]
        if what == "track":
            self.track(line)
        elif what == "close":
            self.close()
        else:
            with self.change:
                if what == "flush":
                    self.flushing = True
                elif what == "consent":
                    self.apply(line["state"])
                elif what == "setUser":
                    self.state["user_id"] = line["id"]
                    self.save()
                elif what == "reset":
                    for name in ("user_id", "anonymous_id", "session"):
                        self.state.pop(name, None)
                    self.save()
                elif what == "optOut":
                    self.state["opted_out"] = True
                    self.apply(self.consent)
                self.change.notify_all()

    def close(self):
        end = time.monotonic() + self.options["closeTimeout"] / 1000
        with self.change:
            self.flushing = self.closing = True
            self.change.notify_all()
            while self.queue and (left := end - time.monotonic()) > 0 and "close" not in BROKEN:
                self.change.wait(left)
        say(closed=True)
        os._exit(0)

    def due(self):
        """Seconds until the next batch is to be sent; None: nothing waits."""
        if not self.queue or self.consent != "granted" and "consent" not in BROKEN:
            self.flushing = False
            return None
        now = time.monotonic()
        first = self.queue[0].get("queued", now) + self.options["flushInterval"] / 1000
        is_due = self.flushing or len(self.queue) >= self.options["flushAt"] or self.failed or self.size
        return max(0.0 if is_due else first - now, self.not_before - now, 0.0)

    def send_for_ever(self):
        while True:
            with self.change:
                while (wait := self.due()) is None or wait > 0:
                    self.change.wait(wait)
                batch, size = [], 0
                for event in self.queue[:self.size or self.options["maxBatchEvents"]]:
                    size += len(event["payload"]) // 2
                    if batch and size > self.options["maxBatchBytes"]:
                        break
                    batch.append(event)
            self.send(batch)

    def body(self, batch):
        common = {"sdk": "judi-reference", "sdk_version": "0", "consent": self.consent}
        events = []
        for event in batch:
            made = {"eventId": event["event_id"], "event": event["event"], "occurredAt": rfc3339(event["occurred_at"]),
                    "schemaVersion": event["schema_version"], "payloadBytes": base64.b64encode(bytes.fromhex(event["payload"])).decode()}
            made |= {name: event[it] for name, it in (("sequence", "sequence"), ("monotonicMs", "monotonic_ms")) if it in event}
            if event.get("context"):
                made["context"] = {name: value for name, value in event["context"].items() if value}
            events.append(made)
        sent = {"sentAt": rfc3339(batch[0]["occurred_at"] if "sent_at" in BROKEN else time.time_ns()),
                "sentMonotonicMs": time.monotonic_ns() // 1_000_000, "context": common, "events": events}
        if self.round_trip is not None:
            sent["roundTripMs"] = self.round_trip
        return json.dumps(sent).encode()

    def send(self, batch):
        request = urllib.request.Request(self.address, self.body(batch), {"Content-Type": "text/plain"})
        began = time.monotonic()
        try:
            with self.opener.open(request, timeout=self.options["timeout"] / 1000) as answer:
                status, headers, text = answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            status, headers, text = error.code, error.headers, b""
        except (OSError, ValueError, http.client.HTTPException):
            status, headers, text = 0, {}, b""
        took = int((time.monotonic() - began) * 1000)
        with self.change:
            if status == 200:
                self.round_trip = took if self.round_trip is None else min(took, self.round_trip)
            self.answered(batch, status, headers, text)
            self.save()
            self.change.notify_all()

    def answered(self, batch, status, headers, text):
        results = results_of(text, len(batch)) if status == 200 else None
        if results is not None:
            self.size = None
            self.results(batch, results, headers)
        elif status == 413:
            if len(batch) == 1:
                self.drop(batch, "too_large", status)
            self.size = max(1, len(batch) // 2)
        elif 400 <= status < 500 and status not in (408, 429) or "final" in BROKEN and status:
            self.drop(batch, "refused", status)
        else:
            self.wait(headers)

    def results(self, batch, results, headers):
        is_retry = False
        for event, result in zip(batch, results):
            what = result.get("status")
            if what not in FINAL_RESULTS and "results" not in BROKEN:
                is_retry = True
                continue
            if event in self.queue:
                self.queue.remove(event)
            say(result={"event_id": event["event_id"], "status": what})
            if what in ("quarantined", "rejected"):
                self.report(what, event, reason=result.get("reason"), field=result.get("field"), detail=result.get("detail"), status=200)
        if is_retry:
            self.wait(headers)
        else:
            self.failed, self.not_before = 0, 0.0

    def drop(self, batch, kind, status):
        for event in batch:
            self.queue.remove(event)
            self.report(kind, event, status=status)
        self.failed, self.not_before = 0, 0.0

    def wait(self, headers):
        self.failed += 1
        after = retry_after(headers.get("Retry-After")) if "retry_after" not in BROKEN else None
        if after is not None:
            wait = min(after, self.options["retryAfterCap"] / 1000) * random.uniform(1, 1.1)
        else:
            most = min(self.options["retryCap"], self.options["retryBase"] * 2 ** self.failed) / 1000
            wait = most if "jitter" in BROKEN else random.uniform(0, most)
        self.not_before = time.monotonic() + wait


def results_of(text, count):
    try:
        results = json.loads(text)["results"]
        return results if isinstance(results, list) and (len(results) == count or "count" in BROKEN) else None
    except (ValueError, KeyError, TypeError):
        return None


def retry_after(text):
    if text is None:
        return None
    if text.strip().isdigit():
        return int(text)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, TypeError):
        return None


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--broken", action="append", default=[])
    BROKEN.update(arguments.parse_args().broken)
    library = None
    for line in sys.stdin:
        read = json.loads(line)
        if read["do"] == "init":
            library = Library(read)
            signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=library.close).start())
        else:
            library.do(read)
    threading.Event().wait()


if __name__ == "__main__":
    main()
