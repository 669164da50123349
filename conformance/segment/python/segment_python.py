"""segment-analytics-python: one batch, compressed with gzip, sent again until it is taken."""

import sys

from calls import send
from segment.analytics.client import Client

host, write_key = sys.argv[1:3]
failed = []
client = Client(
    write_key,
    host=host,
    gzip=True,
    upload_size=20,
    upload_interval=0.2,
    max_retries=8,
    on_error=lambda error, items: failed.append(error),
)
send(client, "segment-python")
client.flush()
client.join()
if failed:
    sys.exit(str(failed))
