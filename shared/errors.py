"""The errors that can leave a room.

LinekeeperError
├── InputError       a person gave us something that cannot be used
│   └── PlaybookError    a playbook that does not load
└── QueryError       a query that did not answer
"""


class LinekeeperError(Exception):
    """Any error of ours; `permanent` says that trying again is useless."""

    def __init__(self, message: str, *, permanent: bool = True) -> None:
        super().__init__(message)
        self.message = message
        self.permanent = permanent


class InputError(LinekeeperError):
    """Unusable input: where it stands, what was wrong and what was expected."""

    def __init__(self, where: str, wrong: str, expected: str) -> None:
        super().__init__(f"{where}: {wrong}; expected {expected}")
        self.where = where
        self.wrong = wrong
        self.expected = expected


class PlaybookError(InputError):
    """A playbook that does not load; `where` is `file:line`."""
