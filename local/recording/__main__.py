"""Record the calls of the seed thread's incident against the server that it was changed for, as a case."""

import argparse
import asyncio
import json
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from statistics import quantiles
from typing import Any

from local.recording.azure_rows import COMPONENT
from local.recording.calls import CallPlan, RecordedCall
from local.recording.peer import ConnectionEnd
from local.recording.record import DAPHNE, REPOSITORY, Server, read_rows, record

RESOURCE = (
    "/subscriptions/5c1a7d0e-93b4-4d62-8f0a-6e2b9c47d115/resourceGroups/rg-callcenter"
    "/providers/Microsoft.Communication/CommunicationServices/acs-callcenter"
)
TABLES = ("AppTraces", "AppExceptions")
_QUIET = ["proxy-idle-timeout", "receive-starved", "server-restart"]
CASES: Mapping[str, tuple[Server, Mapping[str, object]]] = {
    "daphne-after-the-change": (
        DAPHNE,
        {"conclusion": "nothing-found", "cause": None, "ruled_out": [*_QUIET, "server-keepalive-timeout"]},
    ),
}


def main() -> int:
    """Record about six minutes and write the case."""
    parser = argparse.ArgumentParser(prog="python -m local.recording", description=__doc__)
    parser.add_argument(
        "--python", type=Path, default=Path(sys.executable), help="interpreter of the servers"
    )
    parser.add_argument("--cases", type=Path, default=REPOSITORY / "local" / "cases")
    arguments = parser.parse_args()
    asyncio.run(_record_all(arguments.python, arguments.cases))
    return 0


async def _record_all(python: Path, cases: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        rows = {name: Path(tempfile.mkdtemp(dir=scratch)) for name in CASES}
        recordings = await asyncio.gather(
            *(record(server, python, CallPlan().calls(), rows[name]) for name, (server, _) in CASES.items())
        )
        for (name, (server, expect)), played in zip(CASES.items(), recordings, strict=True):
            _write_case(cases / name, rows[name], expect)
            print(f"{name}: {server.name}")
            print("\n".join(_as_seen_by_peers(played)))


def _write_case(case: Path, recorded: Path, expect: Mapping[str, object]) -> None:
    tables = case / "tables"
    tables.mkdir(parents=True, exist_ok=True)
    times: list[str] = []
    for table in TABLES:
        rows = read_rows(recorded / f"{table}.ndjson")
        (tables / f"{table}.ndjson").unlink(missing_ok=True)
        if rows:
            _write_lines(tables / f"{table}.ndjson", rows)
        times += [row["TimeGenerated"] for row in rows]
    incident: dict[str, object] = {"playbook": "acs-transcription-websocket-drops", "resource": RESOURCE}
    incident |= _window(min(times), max(times)) | {"severity": 2, "apps": [COMPONENT], "expect": expect}
    (case / "incident.json").write_text(json.dumps(incident, indent=2) + "\n", encoding="utf-8")


def _write_lines(file: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    file.write_text("".join(lines), encoding="utf-8")


def _window(first: str, last: str) -> dict[str, object]:
    """Return the whole minutes around the recording."""
    start = datetime.fromisoformat(first).replace(second=0, microsecond=0)
    end = datetime.fromisoformat(last).replace(second=0, microsecond=0) + timedelta(minutes=1)
    return {"from": start.isoformat().replace("+00:00", "Z"), "to": end.isoformat().replace("+00:00", "Z")}


def _as_seen_by_peers(played: Iterable[tuple[RecordedCall, ConnectionEnd]]) -> Iterable[str]:
    """Say how long the connections lived and which Close the peers got, as a check on the rows."""
    groups: dict[tuple[str, str], list[float]] = defaultdict(list)
    for call, ending in played:
        groups[call.peer, f"{ending.code or 'no Close frame'} {ending.reason}"].append(ending.lifetime_s)
    for (peer, close), lives in sorted(groups.items()):
        tenths = quantiles(lives, n=10, method="inclusive") if len(lives) > 1 else lives * 9
        low, middle, high = tenths[0], tenths[4], tenths[8]
        yield f"  {peer}, {close}: {len(lives)}, lifetime p10 {low:.1f} s, p50 {middle:.1f} s, p90 {high:.1f} s"


if __name__ == "__main__":
    sys.exit(main())
