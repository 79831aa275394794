"""Three kinds of users, for whom a month is worked out."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """A kind of user.

    Attributes:
        connects: how often each client connects in a day.
        incidents: in a month.
    """

    name: str
    resources: int
    connections: int
    connects: int
    incidents: int


# Connections follow from units: one takes 1,000 of them, and a resource of tier Standard has at most 100 units. How often
# clients connect, and how often something breaks, are assumptions; the table says what one more of each costs.
SIZES = (
    Size("one product", resources=1, connections=1_000, connects=4, incidents=1),
    Size("a house with several", resources=5, connections=20_000, connects=4, incidents=4),
    Size("a platform", resources=20, connections=200_000, connects=4, incidents=10),
)
