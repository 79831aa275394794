"""`redeliver`: once it is mended, deliver what receivers refused, handle what alerts failed, put back what was set aside."""

import argparse
from functools import partial

from local.output.results import safe
from shared.app import stores
from shared.app.names import ALERT_QUEUES
from shared.app.runtime import current
from shared.cloud.storage.account import Storage
from shared.health.quarantine import restore_all
from shared.health.redeliver import Redelivery, redeliver, requeue_alerts


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "redeliver", help="deliver dead letters again, and put back what was set aside as unreadable"
    )
    parser.add_argument(
        "--app",
        metavar="ACCOUNT",
        help="name of the app's storage account, reached with your `az login` (default: AzureWebJobsStorage)",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry out the command; the status is 1 where a letter could not be used."""
    storage = _storage(options.app)
    # First: a dead letter may need what is put back.
    restorations = restore_all(stores.quarantine(storage))
    notices, alerts = _redeliver_notices(storage), _requeue_alerts(storage)
    for redelivery in (*notices, *alerts):
        print(_line(redelivery))
    for restoration in restorations:
        print(safe(f"{restoration.entry}: {restoration.outcome}"))
    print(
        f"{len(notices)} dead letters of notices. The app delivers what is pending, in the order of each incident."
    )
    if alerts:
        print(f"{len(alerts)} dead letters of alerts.")
    if restorations:
        print(f"{len(restorations)} rows and documents that were set aside.")
    is_kept = [*(each.is_kept for each in (*notices, *alerts)), *(each.is_kept for each in restorations)]
    return 1 if any(is_kept) else 0


def _storage(account: str | None) -> Storage:
    return Storage.of_account(account) if account else current().storage


def _redeliver_notices(storage: Storage) -> list[Redelivery]:
    letters, outbox, lanes = stores.dead_letters(storage), stores.outbox(storage), stores.lanes(storage)
    return redeliver(letters, outbox, lanes, current().clock.now())


def _requeue_alerts(storage: Storage) -> list[Redelivery]:
    letters = stores.dead_letters(storage)
    return [
        redelivery
        for name in ALERT_QUEUES
        for redelivery in requeue_alerts(
            letters, name, partial(storage.queue(name).send_message, time_to_live=-1)
        )
    ]


def _line(redelivery: Redelivery) -> str:
    return safe(
        f"{redelivery.letter.at:%Y-%m-%d %H:%M} {redelivery.letter.text[:120]}: {redelivery.outcome} (was: {redelivery.letter.reason})"
    )
