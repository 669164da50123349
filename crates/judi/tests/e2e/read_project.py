"""Prints every Delta table below a folder as JSON lines `[reader, table, row]`, read by engines that are not Judi.

    python3 read_project.py TABLES

`deltalake` reads log and files. DuckDB gets the names of the snapshot's files and reads the Parquet and the folders'
partition values by itself. Values are written as `judi query --format json` writes them.
"""

import base64
import datetime
import decimal
import json
import os
import sys

import deltalake
import duckdb
import pyarrow


def plain(value):
    if isinstance(value, datetime.datetime):
        value = value.astimezone(datetime.timezone.utc)
        digits = 0 if not value.microsecond else 3 if value.microsecond % 1000 == 0 else 6
        fraction = f".{value.microsecond:06d}"[: digits + 1] if digits else ""
        return value.strftime("%Y-%m-%dT%H:%M:%S") + fraction + "Z"
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return base64.b64encode(bytes(value)).decode()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def by_deltalake(table):
    return pyarrow.table(table.to_pyarrow_table())


def by_duckdb(table):
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    files = table.file_uris()
    if not files:
        return pyarrow.table({})
    sql = "SELECT * FROM read_parquet(?, union_by_name = true, hive_partitioning = true)"
    return connection.execute(sql, [files]).to_arrow_table()


root = sys.argv[1]
for folder, folders, _ in os.walk(root):
    if "_delta_log" not in folders:
        continue
    name = os.path.relpath(folder, root).replace(os.sep, ".")
    table = deltalake.DeltaTable(folder)
    for reader in (by_deltalake, by_duckdb):
        for row in reader(table).to_pylist(maps_as_pydicts="strict"):
            print(json.dumps([reader.__name__, name, plain(row)]))
