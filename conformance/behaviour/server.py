#!/usr/bin/env python3
"""A hostile Event API for tests of libraries: it does to each request what a script says, and keeps a transcript.

    server.py --script SCRIPT.json --transcript FILE.jsonl      prints {"port": …, "tls_port": …}; ends with its standard input

A script is `{"steps": [STEP, …], "default": STEP, "max_events": 3, "max_bytes": 1000}`. Each request takes the next step; behind
the last one the default counts, which is to take all. Of a step, all optional:

| member | |
|---|---|
| `delay_ms` | before the answer |
| `cut` | `"before"`: the connection is closed before the request is read; `"after"`: when it was read (and its events taken, unless `take` is false); `"half"`: in the middle of the answer; `"head"`: in the middle of the answer's head |
| `status` | another than 200: no event is taken |
| `retry_after` | seconds as in the header; `"date+2"`: a date so many seconds from now, in whole seconds |
| `location` | the header, of redirects |
| `statuses` | the results, one for each event, again from the first where there are more: `ok`, `duplicate`, `quarantined`, `rejected`, `retry` |
| `count` | how many results more (or, below 0, fewer) than events |
| `body` | this text in place of results; the events are taken, unless `take` is false |

Over `max_events` or `max_bytes` (of payloads) a request gets 413 and takes no step. An event that was taken before is a
`duplicate`. The transcript has a line for each connection and each request: when it came and was answered, its headers, its
batch, what was said of it.
"""
import argparse
import json
import socket
import ssl
import sys
import threading
import time
from email.utils import formatdate
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import batch as batches  # noqa: E402

REASONS = {"quarantined": "constraint", "rejected": "too_large"}
HEAD_BYTES_MAX = 65536


class Server:
    """Listens on loopback, in threads."""

    def __init__(self, script=None, transcript=None, tls=False, listen=True):
        script = script or {}
        self.steps = list(script.get("steps", []))
        self.default = script.get("default", {})
        self.max_events = script.get("max_events")
        self.max_bytes = script.get("max_bytes")
        self.lock = threading.Condition()
        self.started = time.monotonic()
        self.lines = []
        self.taken = {}
        self.file = open(transcript, "w", encoding="utf-8") if transcript else None
        self.plain = bound()
        self.port = self.plain.getsockname()[1]
        self.tls_port = None
        self.sockets = [self.plain]
        self.connections = set()
        self.is_open = True
        if tls:
            secure = bound()
            self.sockets.append(secure)
            self.tls_port = secure.getsockname()[1]
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(Path(__file__).resolve().parent / "untrusted.pem")
            secure.listen(64)
            threading.Thread(target=self.accept, args=(secure, context), daemon=True).start()
        if listen:
            self.listen()

    def listen(self):
        """From now on connections are taken; before, they were refused."""
        self.plain.listen(64)
        threading.Thread(target=self.accept, args=(self.plain, None), daemon=True).start()

    def close(self):
        self.is_open = False
        with self.lock:
            sockets = self.sockets + list(self.connections)
        for it in sockets:
            try:
                it.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            it.close()
        if self.file:
            self.file.close()

    def now_ms(self):
        return round((time.monotonic() - self.started) * 1000, 1)

    def requests(self):
        with self.lock:
            return [line for line in self.lines if line["kind"] == "request" and "answered_ms" in line]

    def count(self, kind):
        with self.lock:
            return sum(line["kind"] == kind for line in self.lines)

    def wait(self, is_done, timeout):
        """Waits until the transcript is as asked; whether it is."""
        end = time.monotonic() + timeout
        with self.lock:
            while not is_done(self):
                left = end - time.monotonic()
                if left <= 0:
                    return False
                self.lock.wait(min(left, 0.05))
        return True

    def note(self, line):
        with self.lock:
            self.lines.append(line)
            self.lock.notify_all()

    def write(self, line):
        with self.lock:
            if self.file and not self.file.closed:
                self.file.write(json.dumps(line) + "\n")
                self.file.flush()

    def accept(self, listener, context):
        while self.is_open:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection, context), daemon=True).start()

    def serve(self, connection, context):
        line = {"kind": "connection", "at_ms": self.now_ms(), "tls": context is not None}
        self.note(line)
        with self.lock:
            self.connections.add(connection)
        try:
            if context:
                connection.settimeout(10)
                connection = context.wrap_socket(connection, server_side=True)
                with self.lock:
                    self.connections.add(connection)
            connection.settimeout(None)
            with connection, connection.makefile("rb") as reader:
                while self.is_open and self.request(connection, reader):
                    pass
        except (OSError, ValueError) as error:
            line["error"] = str(error)
        finally:
            self.write(line)
            with self.lock:
                self.connections.discard(connection)

    def next_step(self):
        with self.lock:
            return self.steps.pop(0) if self.steps else self.default

    def request(self, connection, reader):
        """Serves one request; whether another may follow on this connection."""
        first = reader.readline(HEAD_BYTES_MAX)
        if not first.strip():
            return False
        line = {"kind": "request", "at_ms": self.now_ms(), "wall_ms": time.time_ns() // 1_000_000}
        self.note(line)
        method, target, _ = first.decode("latin-1").split(" ", 2)
        headers = {}
        while (header := reader.readline(HEAD_BYTES_MAX).strip()):
            name, _, value = header.decode("latin-1").partition(":")
            headers[name.strip().lower()] = value.strip()
        line.update(method=method, target=target, headers=headers)
        if method == "OPTIONS":
            answer(connection, 204, {}, b"")
            return self.done(line, 204)
        if self.peek().get("cut") == "before":
            self.next_step()
            line["cut"] = "before"
            self.done(line, None)
            return reset(connection)
        body = read_body(reader, connection, headers)
        line["body_bytes"] = len(body)
        try:
            line["form"], line["batch"] = batches.read(body, headers.get("content-type", ""), headers.get("content-encoding", ""))
        except batches.Unreadable as error:
            line["unreadable"] = str(error)
            answer(connection, 400, {}, json.dumps({"error": "unreadable", "message": str(error)}).encode())
            return self.done(line, 400)
        events = line["batch"]["events"]
        size = sum(len(event.get("payload", "")) // 2 for event in events)
        if (self.max_events and len(events) > self.max_events) or (self.max_bytes and size > self.max_bytes):
            answer(connection, 413, {}, b'{"error":"too_large","message":"over a limit"}')
            return self.done(line, 413)
        return self.act(self.next_step(), line, connection, events)

    def peek(self):
        with self.lock:
            return self.steps[0] if self.steps else self.default

    def act(self, step, line, connection, events):
        status = step.get("status", 200)
        results = None
        if status == 200 and step.get("take", True):
            results = self.take(step, line["batch"], events)
            line["results"] = results
        if step.get("delay_ms"):
            time.sleep(step["delay_ms"] / 1000)
        cut = step.get("cut")
        if cut == "after":
            line["cut"] = cut
            self.done(line, None)
            return reset(connection)
        headers = {}
        if "retry_after" in step:
            after = str(step["retry_after"])
            date = formatdate(int(time.time()) + int(after[5:]), usegmt=True) if after.startswith("date+") else None
            headers["Retry-After"] = date or after
        if "location" in step:
            headers["Location"] = step["location"]
        if "body" in step:
            body = step["body"].encode()
        elif status == 200:
            body = json.dumps({"results": results or []}).encode()
        else:
            body = json.dumps({"error": "scripted", "message": f"the script says {status}"}).encode()
        line["status_sent"] = status
        if cut in ("half", "head"):
            line["cut"] = cut
            head = head_of(status, headers, len(body))
            connection.sendall(head[:len(head) // 2] if cut == "head" else head + body[:len(body) // 2])
            self.done(line, status)
            return reset(connection)
        # Noted first, so that who has the answer finds the line complete.
        self.done(line, status)
        answer(connection, status, headers, body)
        return True

    def take(self, step, batch, events):
        """Takes the events as the step says; their results."""
        statuses = step.get("statuses") or ["ok"]
        results = []
        with self.lock:
            for place, event in enumerate(events):
                status = statuses[place % len(statuses)]
                context = {**batch.get("context", {}), **event.get("context", {})}
                key = (context.get("anonymous_id", ""), event.get("event_id", ""))
                if status in ("ok", "quarantined") and key in self.taken:
                    status = "duplicate"
                if status in ("ok", "quarantined"):
                    self.taken[key] = event
                result = {"event_id": event.get("event_id", ""), "status": status}
                if status in REASONS:
                    result.update(reason=REASONS[status], field="article_id", detail="the script says so")
                results.append(result)
        count = step.get("count", 0)
        return results[:len(results) + count] if count < 0 else results + results[:1] * count

    def done(self, line, status):
        with self.lock:
            line["status"] = status
            line["answered_ms"] = self.now_ms()
            self.lock.notify_all()
        self.write(line)
        return True


def bound():
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", 0))
    return listener


def read_body(reader, connection, headers):
    if headers.get("expect", "").lower() == "100-continue":
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    if headers.get("transfer-encoding", "").lower() == "chunked":
        body = b""
        while (size := int(reader.readline().split(b";")[0], 16)):
            body += reader.read(size)
            reader.readline()
        reader.readline()
        return body
    length = int(headers.get("content-length", "0"))
    body = reader.read(length)
    if len(body) < length:
        raise ValueError("the body was cut off")
    return body


def head_of(status, headers, length):
    lines = [f"HTTP/1.1 {status} Scripted", "Content-Type: application/json", f"Content-Length: {length}",
             "Access-Control-Allow-Origin: *", "Access-Control-Allow-Methods: *", "Access-Control-Allow-Headers: *"]
    if status == 204:
        lines = [it for it in lines if not it.startswith("Content-")]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def answer(connection, status, headers, body):
    connection.sendall(head_of(status, headers, len(body)) + body)


def reset(connection):
    """Ends the connection the hard way; no request follows."""
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    connection.close()
    return False


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--script", help="a JSON file; none: everything is taken")
    arguments.add_argument("--transcript", help="where to write it")
    arguments.add_argument("--tls", action="store_true", help="listen with an untrusted certificate, too")
    given = arguments.parse_args()
    script = json.loads(Path(given.script).read_text(encoding="utf-8")) if given.script else {}
    server = Server(script, given.transcript, given.tls)
    print(json.dumps({"port": server.port, "tls_port": server.tls_port}), flush=True)
    sys.stdin.read()
    server.close()


if __name__ == "__main__":
    main()
