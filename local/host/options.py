"""Options of the host, from host.json and the settings."""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from shared.errors import InputError
from shared.health.schedules import period_of

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
    most_idle: timedelta = timedelta(
        minutes=1
    )  # maxPollingInterval: how long nobody looks into an empty queue


@dataclass(frozen=True, slots=True)
class Options:
    """The options of host.json that the host knows; defaults are those of Azure."""

    prefix: str = "api"
    queues: QueueOptions = QueueOptions()
    time_limit: timedelta = timedelta(minutes=30)  # functionTimeout, on Flex Consumption


def read_options(file: Path = HOST_JSON) -> Options:
    """Read host.json.

    Raises:
        InputError: messages would be encoded, which the app's own queue clients do not do, or a time is none.
    """
    content = json.loads(file.read_text(encoding="utf-8"))
    extensions = content.get("extensions", {})
    return Options(
        extensions.get("http", {}).get("routePrefix", "api"),
        _queues(file, extensions.get("queues", {})),
        _time(file, content, "functionTimeout", "00:30:00"),
    )


def thread_count(settings: Mapping[str, str]) -> int:
    """Return how many synchronous functions a worker runs at once.

    https://learn.microsoft.com/azure/azure-functions/functions-app-settings#python_threadpool_thread_count
    """
    wanted = settings.get("PYTHON_THREADPOOL_THREAD_COUNT", "")
    usual = min(32, (os.cpu_count() or 1) + 4)
    return int(wanted) if wanted.isascii() and wanted.isdigit() and int(wanted) else usual


def is_disabled(name: str, settings: Mapping[str, str]) -> bool:
    """Tell whether a setting keeps a function from being triggered.

    https://learn.microsoft.com/azure/azure-functions/disable-function
    """
    return settings.get(f"AzureWebJobs.{name}.Disabled", "").lower() in {"true", "1"}


def _queues(file: Path, section: Mapping[str, Any]) -> QueueOptions:
    if section.get("messageEncoding", "base64") != "none":
        raise InputError(f"{file}: extensions.queues.messageEncoding", "messages would be encoded", "`none`")
    return QueueOptions(
        section.get("maxDequeueCount", 5),
        _time(file, section, "visibilityTimeout", "00:00:00"),
        section.get("batchSize", 16),
        _time(file, section, "maxPollingInterval", "00:01:00"),
    )


def _time(file: Path, section: Mapping[str, Any], name: str, otherwise: str) -> timedelta:
    text = str(section.get(name, otherwise))
    time = period_of(text)
    if time is None:
        raise InputError(f"{file}: {name}", f"{text!r} is not a time", "a time such as 00:05:00")
    return time


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
