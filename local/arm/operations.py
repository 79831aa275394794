"""Long-running operations: accepted, polled under two addresses, done after a while.

https://github.com/cloud-and-ai-microsoft/resource-provider-contract/blob/master/v1.0/async-api-reference.md
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

from local.arm.answer import ArmAnswer, refused

_RETRY_AFTER = "0"  # seconds; Azure says more, and tests do not wait


@dataclass
class Operation:
    """One operation: it is done when it has been polled often enough."""

    resource: str  # the key of the resource
    finish: Callable[[], ArmAnswer]
    polls_left: int
    failure: tuple[str, str] | None  # code and message
    final: ArmAnswer | None = None


class Operations:
    """The operations of one stand-in.

    Attributes:
        polls: how often an operation answers that it still runs.
        fail_next: code and message of the failure that the next operation ends in.
    """

    def __init__(self) -> None:
        self.polls = 1
        self.fail_next: tuple[str, str] | None = None
        self._running: dict[str, Operation] = {}
        self._lock = threading.Lock()

    def is_running_on(self, resource: str) -> bool:
        """Tell whether a resource is being changed."""
        with self._lock:
            return any(
                operation.resource == resource and operation.final is None
                for operation in self._running.values()
            )

    def begin(
        self, resource: str, base: str, version: str, finish: Callable[[], ArmAnswer]
    ) -> dict[str, str]:
        """Begin an operation; return the headers that say where it is polled."""
        operation_id = str(uuid4())
        with self._lock:
            failure, self.fail_next = self.fail_next, None
            self._running[operation_id] = Operation(resource, finish, self.polls, failure)
        return {
            "Azure-AsyncOperation": f"{base}/operationStatuses/{operation_id}?api-version={version}",
            "Location": f"{base}/operationResults/{operation_id}?api-version={version}",
            "Retry-After": _RETRY_AFTER,
        }

    def status(self, operation_id: str) -> ArmAnswer:
        """Answer `Azure-AsyncOperation`: 200 with a status, whatever it is."""
        operation = self._poll(operation_id)
        if operation is None:
            return refused(404, "OperationNotFound", f"The operation {operation_id} was not found.")
        if operation.final is None:
            body = {"id": operation_id, "name": operation_id, "status": "Running"}
            return ArmAnswer(200, body, {"Retry-After": _RETRY_AFTER})
        if operation.failure:
            code, message = operation.failure
            error = {"code": code, "message": message}
            return ArmAnswer(
                200, {"id": operation_id, "name": operation_id, "status": "Failed", "error": error}
            )
        return ArmAnswer(200, {"id": operation_id, "name": operation_id, "status": "Succeeded"})

    def result(self, operation_id: str) -> ArmAnswer:
        """Answer `Location`: 202 while it runs, then what the operation made."""
        operation = self._poll(operation_id)
        if operation is None:
            return refused(404, "OperationNotFound", f"The operation {operation_id} was not found.")
        return operation.final or ArmAnswer(202, None, {"Retry-After": _RETRY_AFTER})

    def _poll(self, operation_id: str) -> Operation | None:
        with self._lock:
            operation = self._running.get(operation_id)
            if operation is None or operation.final is not None:
                return operation
            if operation.polls_left > 0:
                operation.polls_left -= 1
            elif operation.failure:
                operation.final = refused(409, *operation.failure)
            else:
                operation.final = operation.finish()
            return operation
