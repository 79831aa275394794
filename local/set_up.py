"""Make what the stand-ins need once: a certificate, and the SQL of every check. Run by `make`."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from itertools import chain
from multiprocessing import get_context

from local.machine.certificates import certificate
from local.workspace.translation import prepare
from shared.playbooks.answers import queries_of
from shared.playbooks.loading.load import load_library
from shared.queries.prelude import complete
from shared.queries.scope import Scope, Window
from shared.signals.catalogue import FAMILIES

# Constants become parameters, so any scope does.
_ANY = Scope(("/",), Window(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)))


def main() -> None:
    """Make both; a certificate or translation that exists already stays."""
    certificate()
    # Each text takes one core some seconds.
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        list(pool.map(prepare, _texts(), chunksize=4))


def _texts() -> Iterator[str]:
    """Return what is asked again and again: the checks of all pages, and the signals."""
    checks = (queries_of([playbook], _ANY.window) for playbook in load_library().values())
    signals = (family.text() for family in FAMILIES)
    return (complete(text, _ANY) for text in chain(*checks, signals))


if __name__ == "__main__":
    main()
