"""A lock that tells when everybody waits for it, so that a test of waiting needs no sleep."""

import threading


class Door:
    """A lock that counts who came to it."""

    def __init__(self) -> None:
        self.came = threading.Semaphore(0)
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        self.came.release()
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()
