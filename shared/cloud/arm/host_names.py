"""Ask DNS where a host is, as the app sees it: a private endpoint answers with a private address."""

import socket
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as LateError
from datetime import timedelta

from shared.context.ports import Absence, SourceUnavailableError


class SystemHostNames:
    """The resolver of the system, which cannot be given a time; implements `shared.context.ports.HostNames`."""

    def __init__(self) -> None:
        # A thread for each question, two at most: one that hangs delays the next, and no diagnosis.
        self._threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="dns")

    def addresses(self, host: str, within: timedelta) -> tuple[str, ...]:
        """Return the addresses of a host, sorted.

        Raises:
            SourceUnavailableError: there is none, or no answer in time.
        """
        answer: Future[list[str]] = self._threads.submit(_resolve, host)
        try:
            return tuple(sorted(set(answer.result(within.total_seconds()))))
        except LateError as error:
            answer.cancel()
            reason = f"DNS did not answer for {host} in time"
            raise SourceUnavailableError(reason, absence=Absence.OUT_OF_TIME) from error
        except OSError as error:
            reason = f"DNS knows no address of {host}"
            raise SourceUnavailableError(reason, absence=Absence.NOT_FOUND) from error


def _resolve(host: str) -> list[str]:
    return [str(answer[4][0]) for answer in socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)]
