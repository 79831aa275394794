"""Run Azurite, Microsoft's emulator of storage accounts, as a child of this process."""

import base64
import hashlib
import os
import re
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from local.machine.certificates import certificate
from local.machine.node import node_command, package_folder

ACCOUNTS = 700  # of one process, each as empty as a new Azurite; their names must fit one variable of the environment
_PATIENCE = 60  # seconds for a start, on a machine that is busy
_LISTENING = re.compile(r"Azurite (Blob|Queue|Table) service is successfully listening at (\S+)")
_SETTINGS = {"Table": "table", "Queue": "queue", "Blob": "blob"}


@dataclass(frozen=True, slots=True)
class Azurite:
    """A running Azurite.

    Attributes:
        addresses: of the services, by `Table`, `Queue` and `Blob`.
        trusted: the certificate that it shows.
    """

    addresses: dict[str, str]
    trusted: Path
    key: str
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def unused(self) -> int:
        """Return the number of an account that nobody has used; the first one, 0, is never given out."""
        number = next(self._numbers)
        if number >= ACCOUNTS:
            raise RuntimeError(f"all {ACCOUNTS} accounts of this Azurite were used; raise ACCOUNTS")
        return number

    @property
    def environment(self) -> dict[str, str]:
        """The settings that point the product at the first account."""
        return self.environment_of(0)

    def environment_of(self, number: int) -> dict[str, str]:
        """Return the settings that point the product at one of the accounts, with its key."""
        account = _account(number)
        parts = {
            "DefaultEndpointsProtocol": "https",
            "AccountName": account,
            "AccountKey": _key_of(account, self.key),
            **{f"{service}Endpoint": f"{url}/{account}" for service, url in self.addresses.items()},
        }
        connection = ";".join(f"{name}={value}" for name, value in parts.items())
        return {"AzureWebJobsStorage": connection, "REQUESTS_CA_BUNDLE": str(self.trusted)}

    def identity_environment_of(self, number: int) -> dict[str, str]:
        """Return the settings that point the product at one of the accounts, with its managed identity."""
        account = _account(number)
        uris = {
            f"AzureWebJobsStorage__{_SETTINGS[service]}ServiceUri": f"{url}/{account}"
            for service, url in self.addresses.items()
        }
        return {**uris, "AzureWebJobsStorage": "", "REQUESTS_CA_BUNDLE": str(self.trusted)}


@contextmanager
def azurite(folder: Path | None = None, on_request: Callable[[str], None] | None = None) -> Iterator[Azurite]:
    """Run Azurite until the block ends; what it keeps is lost then, unless a folder is given.

    `on_request` gets a line of its access log for each request.

    Raises:
        NodeMissingError: Node or the package is not installed.
        RuntimeError: it did not start.
    """
    key = "" if folder else secrets.token_hex(16)  # what is kept in a folder must open again
    trusted = certificate()
    with tempfile.TemporaryDirectory(prefix="azurite-") as temporary:
        silent = [] if on_request else ["--silent"]
        command = [*_command(trusted), *silent, *([] if folder else ["--inMemoryPersistence"])]
        names = [_account(number) for number in range(ACCOUNTS)]
        accounts = ";".join(f"{name}:{_key_of(name, key)}" for name in names)
        process = subprocess.Popen(  # noqa: S603  # the command is ours
            command,
            cwd=folder or temporary,
            env={**os.environ, "AZURITE_ACCOUNTS": accounts},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509  # one call, no lock
        )
        try:
            yield Azurite(_addresses(process, on_request), trusted, key)
        finally:
            process.kill()
            process.wait()


def _command(trusted: Path) -> list[str]:
    program = str(package_folder("azurite") / "dist/src/azurite.js")
    ports = [word for service in ("blob", "queue", "table") for word in (f"--{service}Port", "0")]
    security = ["--oauth", "basic", "--cert", str(trusted), "--key", str(trusted)]
    return [
        *node_command(), program, *ports, *security,
        "--disableTelemetry", "--skipApiVersionCheck",
    ]  # fmt: skip


def _addresses(process: "subprocess.Popen[str]", on_request: Callable[[str], None] | None) -> dict[str, str]:
    """Read what it prints until all three services listen; then keep its pipe empty."""
    timer = threading.Timer(_PATIENCE, process.kill)
    timer.start()
    addresses: dict[str, str] = {}
    output: list[str] = []
    assert process.stdout
    for line in process.stdout:
        output.append(line)
        if match := _LISTENING.search(line):
            addresses[match[1]] = match[2]
        if len(addresses) == len(_SETTINGS):
            timer.cancel()
            threading.Thread(target=_drain, args=(process, on_request), name="azurite", daemon=True).start()
            return addresses
    timer.cancel()
    raise RuntimeError(f"Azurite did not start within {_PATIENCE} s; it said: {''.join(output)[-500:]}")


def _drain(process: "subprocess.Popen[str]", on_request: Callable[[str], None] | None) -> None:
    assert process.stdout
    with suppress(ValueError):  # closed under our hands, at the end
        for line in process.stdout:
            if on_request is not None:
                on_request(line)


def _account(number: int) -> str:
    return f"linekeeper{number}"


def _key_of(account: str, secret: str) -> str:
    return base64.b64encode(hashlib.sha256(f"{account}{secret}".encode()).digest()).decode()


def _die_with_parent() -> None:
    import ctypes

    set_death_signal = 1  # PR_SET_PDEATHSIG, linux/prctl.h
    ctypes.CDLL(None).prctl(set_death_signal, signal.SIGKILL)
