"""Options of the host, from host.json and the settings."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from shared.errors import InputError

HOST_JSON = Path(__file__).parents[2] / "host.json"

_SETTING = re.compile(r"%([^%]+)%")


@dataclass(frozen=True, slots=True)
class QueueOptions:
    """The queue options of host.json.

    https://learn.microsoft.com/azure/azure-functions/functions-bindings-storage-queue#host-json
    """

    attempts: int = 5  # maxDequeueCount
    pause: timedelta = timedelta(0)  # visibilityTimeout: how long a failed message is hidden
    batch: int = 16  # batchSize


@dataclass(frozen=True, slots=True)
class Options:
    """The options of host.json that the host knows; defaults are those of Azure."""

    prefix: str = "api"
    queues: QueueOptions = QueueOptions()


def read_options(file: Path = HOST_JSON) -> Options:
    """Read host.json.

    Raises:
        InputError: messages would be encoded, which the app's own queue clients do not do.
    """
    extensions = json.loads(file.read_text(encoding="utf-8")).get("extensions", {})
    return Options(
        extensions.get("http", {}).get("routePrefix", "api"), _queues(file, extensions.get("queues", {}))
    )


def _queues(file: Path, section: Mapping[str, Any]) -> QueueOptions:
    if section.get("messageEncoding", "base64") != "none":
        raise InputError(f"{file}: extensions.queues.messageEncoding", "messages would be encoded", "`none`")
    hours, minutes, seconds = section.get("visibilityTimeout", "00:00:00").split(":")
    pause = timedelta(hours=int(hours), minutes=int(minutes), seconds=int(seconds))
    return QueueOptions(section.get("maxDequeueCount", 5), pause, section.get("batchSize", 16))


def resolve_settings(text: str, settings: Mapping[str, str], where: str) -> str:
    """Put settings in the place of their `%NAME%`, as the host does.

    Raises:
        InputError: a setting is missing.
    """

    def value(match: re.Match[str]) -> str:
        if not settings.get(match[1]):
            raise InputError(where, f"the setting {match[1]} is missing", f"a value for {match[0]}")
        return settings[match[1]]

    return _SETTING.sub(value, text)
