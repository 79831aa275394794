"""Index the functions of an app as the Python worker does."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import azure.functions as func


@dataclass(frozen=True, slots=True)
class Function:
    """One function: its code, and the binding that triggers it."""

    name: str
    code: Callable[..., Any]
    trigger: dict[str, Any]

    @property
    def kind(self) -> str:
        """The type of the trigger, such as `timerTrigger`."""
        return str(self.trigger["type"])

    def text(self, key: str, default: str = "") -> str:
        """Return a property of the trigger."""
        return str(self.trigger.get(key) or default)


def functions_of(app: func.FunctionApp) -> tuple[Function, ...]:
    """Return the functions of an app; an app can be asked once."""
    return tuple(_function(indexed) for indexed in app.get_functions())


@cache
def functions_of_the_app() -> tuple[Function, ...]:
    """Return Linekeeper's own functions; its blueprints can be asked once in a process."""
    from function_app import app

    return functions_of(app)


def _function(indexed: Any) -> Function:
    bindings = json.loads(indexed.get_function_json())["bindings"]
    triggers = [binding for binding in bindings if str(binding["type"]).endswith("Trigger")]
    return Function(indexed.get_function_name(), indexed.get_user_function(), triggers[0])
