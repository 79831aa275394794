"""Report that the process answers; whether its dependencies answer is in `readiness`."""


def liveness() -> dict[str, str]:
    """Return the liveness report."""
    return {"status": "up"}
