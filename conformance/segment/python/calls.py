"""What both drivers of this folder say."""

from datetime import datetime, timezone

TIME = datetime(2026, 11, 23, 8, 0, 1, 500000, tzinfo=timezone.utc)

CONTEXT = {
    "app": {"name": "news", "version": "7.1"},
    "locale": "sv-SE",
    "ip": "10.1.2.3",
    "page": {"url": "https://www.example.se/elk?x=1", "path": "/elk", "referrer": "https://r.example/"},
    "campaign": {"name": "höst", "source": "mail", "medium": "letter", "term": "elk", "content": "top"},
}

ARTICLE = {
    "id": "/articles/elk",
    "words": "1200",
    "premium": "true",
    "authors": ["Anna", "Bo"],
    "seconds": 12.3456,
    "readAt": "2026-11-23T08:00:00+01:00",
    "score": 4.5,
    "tone": "Dark Red",
    "somethingNew": {"deep": [1, "två", None]},
}


def send(client, prefix):
    """The calls, in the words that both libraries share."""

    def common(name):
        return {
            "user_id": "u1",
            "timestamp": TIME,
            "context": dict(CONTEXT),
            "message_id": f"{prefix}-{name}",
        }

    def known(name):
        return {**common(name), "anonymous_id": "a1"}

    client.track(**known("track"), event="Article Read", properties=ARTICLE)
    page = {"url": "https://www.example.se/"}
    client.page(**known("page"), name="Home", category="inrikes", properties=page)
    client.screen(**known("screen"), name="Start")
    client.identify(**known("identify"), traits={"plan": "pro", "age": "41"})
    client.group(**known("group"), group_id="g1", traits={"employees": 12})
    client.alias(**common("alias"), previous_id="old")
    client.track(**known("unknown"), event="Never Heard Of", properties={"a": 1})
