"""Send one request to an event handler, and again after 1, 3 and 5 seconds where that may help."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import TypeVar

import requests

from local.pubsub.hubs import Pace

MAX_BODY_BYTES = 16 * 1024 * 1024
_AT_ONCE = 64
_CHUNK_BYTES = 64 * 1024

_T = TypeVar("_T")

Headers = Mapping[str, str | bytes]


class UnansweredError(Exception):
    """No answer came in time, or the network failed to the last."""


class TooLargeAnswerError(Exception):
    """The answer's body is larger than the service takes."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a handler answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    cookies: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_success(self) -> bool:
        """Whether the status is one of 200 to 299."""
        return 200 <= self.status < 300


class Calls:
    """Sends requests in threads of its own."""

    def __init__(self, pace: Pace, certificate: Path) -> None:
        """Trust the certificate, and nothing else."""
        self._pace = pace
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = str(certificate)
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        adapter = requests.adapters.HTTPAdapter(pool_maxsize=_AT_ONCE)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="upstream")

    def close(self) -> None:
        """Let go of the threads; what is still waiting is not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._session.close()

    async def send(
        self, method: str, url: str, headers: Headers, body: bytes = b"", *, limit: timedelta
    ) -> Answer:
        """Return the answer; `limit` is for everything until its headers are there.

        Raises:
            UnansweredError: there was none in time.
            TooLargeAnswerError: there is one, and it is too large.
        """
        try:
            async with asyncio.timeout(limit.total_seconds()):
                response = await self._persist(method, url, headers, body, limit)
        except TimeoutError:
            raise UnansweredError from None
        return await self._in_thread(partial(_whole, response))

    async def _persist(
        self, method: str, url: str, headers: Headers, body: bytes, limit: timedelta
    ) -> requests.Response:
        waits = iter(self._pace.retries)
        while True:
            response = await self._try(method, url, headers, body, limit)
            is_final = response is not None and response.status_code != 408 and response.status_code < 500
            wait = None if is_final else next(waits, None)
            if wait is None:
                if response is None:
                    raise UnansweredError
                return response
            if response is not None:
                response.close()
            await asyncio.sleep(wait.total_seconds())

    async def _try(
        self, method: str, url: str, headers: Headers, body: bytes, limit: timedelta
    ) -> requests.Response | None:
        """Return an answer, or None where the network failed in a way that may pass."""
        send = partial(
            self._session.request,
            method,
            url,
            headers=headers,
            data=body,
            stream=True,
            allow_redirects=False,
            timeout=limit.total_seconds(),
        )
        try:
            return await self._in_thread(send)
        except requests.Timeout:
            raise UnansweredError from None
        except requests.ConnectionError:
            return None
        except (requests.RequestException, ValueError):  # an address or a header that cannot be sent
            raise UnansweredError from None

    async def _in_thread(self, work: "partial[_T]") -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


def _whole(response: requests.Response) -> Answer:
    with response:
        body = b""
        try:
            for chunk in response.iter_content(_CHUNK_BYTES):
                body += chunk
                if len(body) > MAX_BODY_BYTES:
                    raise TooLargeAnswerError
        except requests.RequestException:
            raise UnansweredError from None
        cookies = {cookie.name: cookie.value or "" for cookie in response.cookies}
        return Answer(response.status_code, response.headers, body, cookies)
