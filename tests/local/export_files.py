"""Write rows in each of the forms that people export, for tests of the readers."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

TypedRow = Mapping[str, object]


def as_ndjson(rows: Sequence[TypedRow]) -> str:
    return "".join(json.dumps({name: _wire(cell) for name, cell in row.items()}) + "\n" for row in rows)


def as_portal_csv(rows: Sequence[TypedRow]) -> str:
    names = _names(rows)
    times = {name for row in rows for name, cell in row.items() if isinstance(cell, datetime)}
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow([f"{name} [UTC]" if name in times else name for name in names])
    # A row of one empty cell would be a blank line.
    writer.writerows([_portal(row.get(name)) for name in names] for row in rows)
    return file.getvalue()


def as_cli_json(rows: Sequence[TypedRow]) -> str:
    names = _names(rows)
    shown = [
        {"TableName": "PrimaryResult", **{name: str(_wire(row.get(name))) for name in names}} for row in rows
    ]
    return json.dumps(shown, indent=2)


def as_api_json(rows: Sequence[TypedRow]) -> str:
    names = _names(rows)
    columns = [{"name": name, "type": "string"} for name in names]
    table = {
        "name": "PrimaryResult",
        "columns": columns,
        "rows": [[_wire(r.get(n)) for n in names] for r in rows],
    }
    return json.dumps({"tables": [table]})


def write(folder: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.encode(encoding))
    return file


def _names(rows: Sequence[TypedRow]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def _wire(cell: object) -> object:
    return cell.isoformat().replace("+00:00", "Z") if isinstance(cell, datetime) else cell


def _portal(cell: object) -> object:
    if not isinstance(cell, datetime):
        return cell
    half = "AM" if cell.hour < 12 else "PM"
    clock = f"{cell.hour % 12 or 12}:{cell.minute:02}:{cell.second:02}.{cell.microsecond // 1000:03}"
    return f"{cell.month}/{cell.day}/{cell.year:04}, {clock} {half}"
