"""How tests ask the functions that give tokens, behind their host."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from local.host import Host
from shared.app import readiness
from shared.app.runtime import current
from shared.clock import SystemClock


class Ahead:
    """The time of the machine, by which signatures are made, and as much later as a test wants."""

    def __init__(self) -> None:
        self.by = timedelta()

    def now(self) -> datetime:
        return SystemClock().now() + self.by


@dataclass
class Answer:
    status: int
    content: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)


def answer_of(host: Host, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
    response = host.request(method, f"/api/{path}", headers=dict(headers), body=body)
    return Answer(
        response.status_code, json.loads(response.get_body() or b"{}"), dict(response.headers.items())
    )


def problems() -> dict[str, str]:
    """Return what readiness complains of, by the name of its check."""
    return {check.name: check.problem for check in readiness.report(current()).checks if check.problem}
