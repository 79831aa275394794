"""A running app over HTTP, on Azure or on this machine: its host's own API, its readiness, and its route for alerts."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests

from shared.errors import InputError

KEY_VARIABLE = "APP_KEY"
APP_VARIABLE = "AZURE_FUNCTION_APP_NAME"  # as azd names it

_OF_THIS_MACHINE = {("http", "127.0.0.1"), ("http", "localhost")}
_WITHIN = 60  # seconds; an app that idles starts first


@dataclass(frozen=True, slots=True)
class AppAnswer:
    """What it answered: a status, and JSON where there is any."""

    status: int
    document: Any = None


@dataclass(frozen=True, slots=True)
class RunningApp:
    """An app by its address, and the key that opens what is asked."""

    address: str  # without a path
    key: str

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> AppAnswer:
        """Ask for a path.

        Raises:
            InputError: the app does not answer.
        """
        return self._ask("GET", path, {**self._keys, **(headers or {})}, b"")

    def post(self, path: str, document: object) -> AppAnswer:
        """Send a document.

        Raises:
            InputError: the app does not answer.
        """
        headers = {**self._keys, "content-type": "application/json"}
        return self._ask("POST", path, headers, json.dumps(document).encode())

    @property
    def _keys(self) -> dict[str, str]:
        return {"x-functions-key": self.key} if self.key else {}

    def _ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> AppAnswer:
        try:
            answer = requests.request(
                method,
                f"{self.address}{path}",
                headers=headers,
                data=body,
                timeout=_WITHIN,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            wrong = f"{self.address} does not answer ({type(error).__name__})"
            raise InputError("APP", wrong, "the name of a running function app, or its address") from error
        try:
            return AppAnswer(answer.status_code, answer.json())
        except ValueError:
            return AppAnswer(answer.status_code)


def app_at(app: str, key: str) -> RunningApp:
    """Return the app of a name or an address.

    Raises:
        InputError: neither is given, or the address is not one to which a key may be sent.
    """
    if not app:
        raise InputError("APP", "it is missing", f"a name or an address, or {APP_VARIABLE}")
    if "://" not in app:
        return RunningApp(f"https://{app}.azurewebsites.net", key)
    address = app.rstrip("/").removesuffix("/api")
    parts = urlsplit(address)
    if parts.scheme != "https" and (parts.scheme, parts.hostname) not in _OF_THIS_MACHINE:
        raise InputError("APP", "a key is not sent without TLS", "an address that begins with https://")
    return RunningApp(address, key)
