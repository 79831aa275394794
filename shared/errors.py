"""The errors that a room raises.

LinekeeperError
├── InputError       unusable input from a person
│   └── PlaybookError    a playbook that does not load
├── UnauthorizedError    a caller who may not do what it asks for
├── LostRaceError    another instance wrote first (shared.races)
├── QueryError       a query that was not answered (shared.queries.logs)
└── SourceUnavailableError    a source of context that did not answer (shared.context.ports)
"""


class LinekeeperError(Exception):
    """Any error of Linekeeper; `permanent` says that the same attempt would fail again."""

    def __init__(self, message: str, *, permanent: bool = True) -> None:
        super().__init__(message)
        self.message = message
        self.permanent = permanent


class InputError(LinekeeperError):
    """Unusable input: where it stands, what is wrong with it and what was expected."""

    def __init__(self, where: str, wrong: str, expected: str) -> None:
        super().__init__(f"{where}: {wrong}; expected {expected}")
        self.where = where
        self.wrong = wrong
        self.expected = expected


class UnauthorizedError(LinekeeperError):
    """A caller who may not do what it asks for; the message holds nothing of what it sent."""


class PlaybookError(InputError):
    """A playbook that does not load; `where` is `file:line`."""
