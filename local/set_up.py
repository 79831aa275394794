"""Make what the stand-ins need once: a certificate, and the SQL of every check. Run by `make`."""

from datetime import UTC, datetime

from local.machine.certificates import certificate
from local.workspace.translation import translate
from shared.playbooks.answers import queries_of
from shared.playbooks.loading.load import load_library
from shared.playbooks.playbook import Playbook
from shared.queries.prelude import complete
from shared.queries.scope import Scope, Window

# Constants become parameters, so any scope does.
_ANY = Scope(("/",), Window(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)))


def main() -> None:
    """Make both; a certificate or translation that exists already stays."""
    certificate()
    for playbook in load_library().values():
        for text in _texts(playbook):
            translate(complete(text, _ANY), frozenset())


def _texts(playbook: Playbook) -> list[str]:
    return queries_of([playbook], _ANY.window)


if __name__ == "__main__":
    main()
