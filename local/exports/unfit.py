"""The error of a cell that does not fit its column."""


class UnfitError(ValueError):
    """A cell that is not a value of its column's type; the message is what was expected."""
