"""Make what the stand-ins need once: a certificate, and the SQL of every check. Run by `make`."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from multiprocessing import get_context

from local.machine.certificates import certificate
from local.workspace.translation import keep
from shared.playbooks.answers import queries_of
from shared.playbooks.loading.load import load_library
from shared.queries.prelude import complete
from shared.queries.scope import Scope, Window

# Constants become parameters, so any scope does.
_ANY = Scope(("/",), Window(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)))


def main() -> None:
    """Make both; a certificate or translation that exists already stays."""
    certificate()
    with ProcessPoolExecutor(
        mp_context=get_context("spawn")
    ) as pool:  # some seconds of one core for each text
        list(pool.map(keep, _texts(), chunksize=4))


def _texts() -> Iterator[str]:
    for playbook in load_library().values():
        for text in queries_of([playbook], _ANY.window):
            yield complete(text, _ANY)


if __name__ == "__main__":
    main()
