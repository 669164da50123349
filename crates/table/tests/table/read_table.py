"""Prints a Delta table as JSON lines in the order of `sequence`, as read by engines that are not Judi: a line
`[reader, row]` a row and reader.

    python3 read_table.py FOLDER

DuckDB gets the live files and partition values from deltalake's reading of the log where its own Delta extension is
not installed; the Parquet files it decodes by itself.
"""

import datetime
import decimal
import json
import sys
import urllib.parse

import deltalake
import duckdb
import pyarrow


def plain(value):
    if isinstance(value, datetime.datetime):
        value = value.astimezone(datetime.timezone.utc)
        fraction = f".{value.microsecond:06d}" if value.microsecond % 1000 else f".{value.microsecond // 1000:03d}"
        return value.strftime("%Y-%m-%dT%H:%M:%S") + (fraction if value.microsecond else "") + "Z"
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return float(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).hex()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def by_deltalake(folder):
    return pyarrow.table(deltalake.DeltaTable(folder).to_pyarrow_table())


def by_duckdb(folder):
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    try:
        connection.execute("LOAD delta")
        return connection.execute("SELECT * FROM delta_scan(?)", [folder]).to_arrow_table()
    except duckdb.Error:
        pass
    table = deltalake.DeltaTable(folder)
    actions = pyarrow.table(table.get_add_actions(flatten=False)).to_pylist()
    schema = pyarrow.schema(table.schema().to_arrow())
    parts = []
    for action in actions:
        relation = connection.execute(
            "SELECT * FROM read_parquet(?, hive_partitioning = false)", [folder + "/" + urllib.parse.unquote(action["path"])]
        )
        part = relation.to_arrow_table()
        columns = []
        for field in schema:
            if field.name in action["partition"]:
                columns.append(pyarrow.array([action["partition"][field.name]] * len(part), field.type))
            elif field.name in part.column_names:
                columns.append(widened(part.column(field.name), field.type))
            else:
                columns.append(pyarrow.nulls(len(part), field.type))
        parts.append(pyarrow.table(columns, names=schema.names).to_pylist())
    return [row for part in parts for row in part]


def widened(column, wanted):
    """A struct with the fields that its file is too old to have, as NULL."""
    if not pyarrow.types.is_struct(wanted):
        return column
    missing = [field.name for field in wanted if column.type.get_field_index(field.name) < 0]
    rows = [None if row is None else {**row, **dict.fromkeys(missing)} for row in column.to_pylist()]
    return pyarrow.array(rows, pyarrow.struct([(f.name, f.type) for f in wanted]))


for reader in (by_deltalake, by_duckdb):
    rows = reader(sys.argv[1])
    if not isinstance(rows, list):
        rows = rows.to_pylist()
    for row in sorted(rows, key=lambda row: row["sequence"]):
        # Arrow's maps come as lists of pairs.
        row["properties"] = dict(row["properties"])
        print(json.dumps([reader.__name__, {name: plain(value) for name, value in row.items()}]))
