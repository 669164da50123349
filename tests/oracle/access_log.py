"""A second implementation of `judi import --input combined`, from the rules alone.

Reads an access log and prints one JSON object a line: first the account, then a verdict per line that is no
plain skip. It shares nothing with Judi: its own parser (a regular expression), its own path rules.

    python3 access_log.py FILE GLOB...
"""

import datetime
import gzip
import json
import re
import sys

QUOTED = r'"((?:[^"\\]|\\.)*)"'
LINE = re.compile(
    r"(?P<host>[^ \"\[\]]+) (?P<ident>[^ \"\[\]]+) (?P<user>[^ \"\[\]]+) \[(?P<time>[^\]]*)\] "
    + QUOTED.replace("(", "(?P<request>", 1)
    + r" (?P<status>[1-9][0-9]{2}) (?P<bytes>[0-9]+|-) "
    + QUOTED.replace("(", "(?P<referrer>", 1)
    + " "
    + QUOTED.replace("(", "(?P<agent>", 1)
    + r"(?: .*)?",
    re.DOTALL,
)
REQUEST = re.compile(r"(?P<method>[A-Za-z0-9!#$%&'*+.^_`|~-]+) (?P<target>[^ ]+) HTTP/[0-9]+(?:\.[0-9]+)?")
# The format's own widths: strptime alone takes `7/may/2015:3:5:9 Z` for a time too.
TIME = re.compile(r"[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}(?::[0-9]{2}){3} [+-][0-9]{4}")
PAGE_ENDINGS = (".html", ".htm", ".xhtml", ".php")


def glob_to_regex(glob):
    out, i = "", 0
    while i < len(glob):
        if glob.startswith("**", i):
            out, i = out + ".+", i + 2
        elif glob[i] == "*":
            out, i = out + "[^/]+", i + 1
        else:
            out, i = out + re.escape(glob[i]), i + 1
    return re.compile(out, re.DOTALL)


def verdict(raw, articles):
    line = LINE.fullmatch(raw.decode("utf-8", errors="replace"))
    if not line or not TIME.fullmatch(line["time"]):
        return {"kind": "quarantined"}
    request = REQUEST.fullmatch(line["request"])
    try:
        time = datetime.datetime.strptime(line["time"], "%d/%b/%Y:%H:%M:%S %z")
    except ValueError:
        return {"kind": "quarantined"}
    if not request:
        return {"kind": "quarantined"}
    path, _, query = request["target"].partition("?")
    last = path.rsplit("/", 1)[-1]
    if request["method"] != "GET":
        return {"kind": "skipped", "reason": "method"}
    if line["status"] not in ("200", "304"):
        return {"kind": "skipped", "reason": "status"}
    if "." in last and not last.endswith(PAGE_ENDINGS):
        return {"kind": "skipped", "reason": "asset"}
    if "flav=" in query:
        return {"kind": "skipped", "reason": "feed"}
    day = time.astimezone(datetime.timezone.utc).date().isoformat()
    if any(glob.fullmatch(path) for glob in articles):
        if path.endswith("/index.html"):
            path = path[: -len("/index.html")]
        return {"kind": "article_view", "date": day, "article_id": path.rstrip("/")}
    return {"kind": "page_view", "date": day, "page_path": path}


def main():
    articles = [glob_to_regex(glob) for glob in sys.argv[2:]]
    opened = gzip.open(sys.argv[1], "rb") if sys.argv[1].endswith(".gz") else open(sys.argv[1], "rb")
    account = {"read": 0, "article_view": 0, "page_view": 0, "duplicates": 0, "quarantined": 0}
    skipped = {"method": 0, "status": 0, "asset": 0, "feed": 0}
    verdicts = []
    with opened as lines:
        for number, raw in enumerate(lines, 1):
            account["read"] += 1
            found = verdict(raw.rstrip(b"\n").removesuffix(b"\r"), articles)
            if found["kind"] == "skipped":
                skipped[found["reason"]] += 1
                continue
            account[found["kind"]] += 1
            verdicts.append({"line": number, **found})
    print(json.dumps({**account, "skipped": skipped}))
    for found in verdicts:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
