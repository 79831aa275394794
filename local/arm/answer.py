"""Answers of Azure Resource Manager, and its refusals in its own words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class ArmAnswer:
    """A status, a JSON body (None for none) and headers."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


class RefusedRequest(Exception):  # noqa: N818 - a refusal is an answer, not an error of the stand-in
    """A request that is refused; `answer` is what the caller gets."""

    def __init__(self, answer: ArmAnswer) -> None:
        super().__init__(str(answer.body))
        self.answer = answer


def refused(
    status: int,
    code: str,
    message: str,
    *,
    details: list[dict[str, Any]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> ArmAnswer:
    """Return an error as Azure Resource Manager words it."""
    error: dict[str, Any] = {"code": code, "message": message}
    if details is not None:
        error["details"] = details
    return ArmAnswer(status, {"error": error}, headers or {})


def no_permission(action: str, scope: str) -> ArmAnswer:
    """Return the refusal of an identity that lacks an action."""
    message = (
        "The client '5f0e7c1d-0000-4000-8000-00000000c1de' with object id '5f0e7c1d-0000-4000-8000-00000000c1de' does not "
        f"have authorization to perform action '{action}' over scope '{scope}' or the scope is invalid. "
        "If access was recently granted, please refresh your credentials."
    )
    return refused(403, "AuthorizationFailed", message)


def not_found(resource: str) -> ArmAnswer:
    """Return the refusal where there is no such resource."""
    parts = resource.strip("/").split("/")
    group = parts[3] if len(parts) > 3 else ""
    name = "/".join(parts[5:]) if len(parts) > 5 else resource
    message = (
        f"The Resource '{name}' under resource group '{group}' was not found. "
        "For more details please go to https://aka.ms/ARMResourceNotFoundFix"
    )
    return refused(404, "ResourceNotFound", message)
