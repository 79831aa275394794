"""`redeliver`: deliver again what receivers refused for good, and handle what alerts failed, once that is mended."""

import argparse

from local.output.results import safe
from shared.clock import PROCESS_CLOCK
from shared.cloud.storage.account import Storage
from shared.cloud.storage.documents import BlobDocuments
from shared.cloud.storage.health.deadletters import TableDeadLetters
from shared.cloud.storage.notices.lanes import TableLanes
from shared.cloud.storage.notices.outbox import TableOutbox
from shared.health.redeliver import Redelivery, redeliver, requeue_alerts
from shared.settings import Settings


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "redeliver", help="deliver the dead letters of notices again, and handle those of alerts"
    )
    parser.add_argument(
        "--app",
        metavar="ACCOUNT",
        help="name of the app's storage account, reached with your `az login` (default: AzureWebJobsStorage)",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry out the command; the status is 1 where a letter could not be used."""
    kept = _storage(options.app)
    done, alerts = _redelivered(kept), _handed_back(kept)
    for one in (*done, *alerts):
        print(_line(one))
    print(
        f"{len(done)} dead letters of notices. The app delivers what is pending, in the order of each incident."
    )
    if alerts:
        print(f"{len(alerts)} dead letters of alerts.")
    return 1 if any(one.is_kept for one in (*done, *alerts)) else 0


def _storage(account: str | None) -> Storage:
    return Storage.of_account(account) if account else Storage.from_settings(Settings.from_environment())


def _redelivered(kept: Storage) -> list[Redelivery]:
    lanes, documents = TableLanes(kept.table("streams")), BlobDocuments(kept.container("documents"))
    outbox = TableOutbox(kept.table("notices"), lanes, kept.queue("notices"), documents)
    return redeliver(TableDeadLetters(kept.table("deadletters")), outbox, lanes, PROCESS_CLOCK.now())


def _handed_back(kept: Storage) -> list[Redelivery]:
    queue = kept.queue("alerts")
    letters = TableDeadLetters(kept.table("deadletters"))
    return requeue_alerts(letters, lambda text: queue.send_message(text, time_to_live=-1))


def _line(one: Redelivery) -> str:
    return safe(
        f"{one.letter.at:%Y-%m-%d %H:%M} {one.letter.text[:120]}: {one.outcome} (was: {one.letter.reason})"
    )
