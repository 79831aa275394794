"""Make what the stand-ins need once: a certificate, the SQL of every check, and what the checks of a playbook share.

Run by `make`.
"""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from itertools import chain
from multiprocessing import get_context

from local.machine.certificates import certificate
from local.workspace.joined.plan import plan_of
from local.workspace.translation import prepare
from shared.playbooks.answers import groups_of, queries_of
from shared.playbooks.loading.load import load_library
from shared.queries.prelude import complete
from shared.queries.scope import Scope, Window
from shared.queries.together import together
from shared.signals.catalogue import FAMILIES

# Constants become parameters, so any scope does.
_ANY = Scope(("/",), Window(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)))


def main() -> None:
    """Make all of it; what exists already stays."""
    certificate()
    # Each text takes one core some seconds.
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        list(pool.map(prepare, _texts(), chunksize=4))
        list(pool.map(plan, _whole_playbooks()))


def _texts() -> Iterator[str]:
    """Return what is asked again and again: the checks of all pages, and the signals."""
    checks = (queries_of([playbook], _ANY.window) for playbook in load_library().values())
    signals = (family.text() for family in FAMILIES)
    return (complete(text, _ANY) for text in chain(*checks, signals))


def plan(query: str) -> None:
    """Find out what the checks of a query share, which are translated already."""
    plan_of(query, frozenset())


def _whole_playbooks() -> Iterator[str]:
    """Return the one query that each playbook's checks are sent in."""
    return (complete(together(texts), _ANY) for texts in groups_of(list(load_library().values())))


if __name__ == "__main__":
    main()
