"""Record a whole incident: the seed thread's server, its change, and the calls of the forty minutes after it."""

import argparse
import asyncio
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from local.recording.calls import CallPlan, RecordedCall
from local.recording.record import DAPHNE, REPOSITORY, UVICORN, record

# Validation asks for six full 5-minute buckets within objective; so the calls of eight plans arrive for forty minutes.
PLANS_AFTER_THE_CHANGE = 8
PERIOD = timedelta(minutes=5)
CHANGE_TAKES_S = 90  # to notice, to change the server, to start it


def main() -> int:
    """Record about fifty minutes into a folder of tables."""
    parser = argparse.ArgumentParser(prog="python -m local.recording.story", description=__doc__)
    parser.add_argument(
        "--python", type=Path, default=Path(sys.executable), help="interpreter of the servers"
    )
    parser.add_argument("--tables", type=Path, default=REPOSITORY / "local/cases/seed-thread-1006/tables")
    arguments = parser.parse_args()
    arguments.tables.mkdir(parents=True, exist_ok=True)
    asyncio.run(_record(arguments.python, arguments.tables))
    return 0


async def _record(python: Path, tables: Path) -> None:
    await record(UVICORN, python, CallPlan().calls(), tables)
    await asyncio.sleep(CHANGE_TAKES_S)
    after = [call for plan in _plans() for call in plan]
    await record(DAPHNE, python, after, tables)


def _plans() -> list[list[RecordedCall]]:
    return [_later(number) for number in range(PLANS_AFTER_THE_CHANGE)]


def _later(number: int) -> list[RecordedCall]:
    """Return the calls of one more plan, which start when the arrivals of the plans before it are over."""
    plan = CallPlan(seed=CallPlan().seed + 1 + number, arrivals=PERIOD)
    return [replace(call, starts_after=call.starts_after + PERIOD * number) for call in plan.calls()]


if __name__ == "__main__":
    sys.exit(main())
