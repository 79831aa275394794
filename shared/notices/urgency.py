"""How urgent a notice is, as a number: the lower, the sooner it is served. Those of one number go by age."""

ANNOUNCED = 2  # the severity of what has none, such as that we are blind
OF_ALL = 2  # the urgency of an incident of severity 1
UNKNOWN = 2 * ANNOUNCED + 1  # of what was stored before there was any


def incident_urgency(severity: int) -> int:
    """Return the urgency of a notice about an incident of a severity from 1 on."""
    return 2 * max(1, severity)


def announcement_urgency(severity: int | None = None) -> int:
    """Return the urgency of a notice about something else: behind the incidents of its severity, 0 and 1 being one."""
    return 2 * max(1, ANNOUNCED if severity is None else severity) + 1


def reserved_posts(urgency: int, most: int) -> int:
    """Return how many of a receiver's posts within five minutes are kept back for what is more urgent."""
    if urgency <= OF_ALL:
        return 0
    return most // 10 if urgency == OF_ALL + 1 else most // 5
