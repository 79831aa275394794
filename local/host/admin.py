"""The host's own API below `/admin`, for those who have its master key: which functions it loaded, and how it is.

https://github.com/Azure/azure-functions-host/wiki/Admin-API
"""

import json
import secrets
from collections.abc import Collection, Mapping, Sequence

import azure.functions as func

from local.host.index import Function

PREFIX = "/admin/"
BUNDLE_VERSION = "4.38.0"  # what `[4.*, 5.0.0)` was in July 2026

_HOST_VERSION = "4.1041.0.0"


class AdminApi:
    """What a person asks a host after a deployment; keys of functions do not open it."""

    def __init__(
        self,
        functions: Sequence[Function],
        prefix: str,
        master_key: str,
        unusable: Mapping[str, str],
        disabled: Collection[str] = (),
    ) -> None:
        """Tell of these functions; those whose trigger could not be set up stand in `unusable` with the reason."""
        self._disabled = disabled
        self._functions = functions
        self._prefix = prefix
        self._master_key = master_key
        self._unusable = unusable

    def answer(self, method: str, url: str, headers: Mapping[str, str]) -> func.HttpResponse:
        """Answer a request; `url` is the whole address."""
        origin, _, path = url.partition(PREFIX)
        key = next((value for name, value in headers.items() if name.lower() == "x-functions-key"), "")
        if not secrets.compare_digest(key.encode(), self._master_key.encode()):
            return func.HttpResponse(status_code=401)
        answers = {"functions": self._listed, "host/status": self._status}
        found = answers.get(path.partition("?")[0].rstrip("/").lower())
        if found is None or method.upper() != "GET":
            return func.HttpResponse(status_code=404)
        return func.HttpResponse(json.dumps(found(origin)), mimetype="application/json")

    def _listed(self, origin: str) -> object:
        return [
            {
                "name": function.name,
                "function_app_id": None,
                "script_root_path_href": f"{origin}/admin/vfs/{function.name}/",
                "script_href": f"{origin}/admin/vfs/function_app.py",
                "config_href": f"{origin}/admin/vfs/{function.name}/function.json",
                "test_data_href": None,
                "href": f"{origin}/admin/functions/{function.name}",
                "invoke_url_template": self._address(origin, function),
                "language": "python",
                "config": {"name": function.name, "bindings": [function.trigger]},
                "files": None,
                "test_data": None,
                "isDisabled": function.name in self._disabled,
                "isDirect": False,
                "isProxy": False,
            }
            for function in self._functions
        ]

    def _address(self, origin: str, function: Function) -> str | None:
        route = function.text("route", function.name).strip("/")
        return f"{origin}/{self._prefix}/{route}" if function.kind == "httpTrigger" else None

    def _status(self, _origin: str) -> object:
        status: dict[str, object] = {
            "id": "linekeeper",
            "state": "Running",
            "version": _HOST_VERSION,
            "versionDetails": _HOST_VERSION,
            "platformVersion": "",
            "instanceId": "",
            "computerName": "",
            "processUptime": 0,
            "functionAppContentEditingState": "NotAllowed",
            "extensionBundle": {
                "id": "Microsoft.Azure.Functions.ExtensionBundle",
                "version": BUNDLE_VERSION,
            },
        }
        if self._unusable:
            status["errors"] = [
                f"The '{name}' function is in error: {why}" for name, why in self._unusable.items()
            ]
        return status
