"""Tell that the process answers; what it depends on is readiness, not this."""


def liveness() -> dict[str, str]:
    """Return the liveness report."""
    return {"status": "up"}
