"""`review`: find faults of a configuration before they hurt, each with the command that mends it."""

import argparse
import json
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from local.azure.session import callers_context
from local.commands.exit_codes import DONE, FAILED, NOT_AS_EXPECTED
from local.commands.target import target_named
from local.output.console import console_for
from local.output.results import safe
from shared.app import bundles
from shared.app.runtime import current
from shared.configuration.arm import resource_type
from shared.configuration.resources import WATCHED_TYPES, WatchedResource
from shared.context.review.judge import Fault, Review
from shared.context.review.rule import Urgency
from shared.errors import InputError
from shared.incidents.wording import resource_name

_COLOURS = {Urgency.ADVICE: "cyan", Urgency.SOON: "yellow", Urgency.URGENT: "bold red"}


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "review",
        help="find faults of a configuration, least to most urgent, with the commands that mend them",
        description="Nothing is changed. The status is 1 where something urgent was found.",
    )
    parser.add_argument(
        "resource",
        nargs="?",
        metavar="RESOURCE",
        help="a resource by its ARM id or its name (default: every one of config/resources.yaml)",
    )
    parser.add_argument(
        "--environment", metavar="NAME", help="judge it as one of this environment (default: as configured)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry out the command.

    Raises:
        InputError: no resource is named and none is configured, or the name is not of one resource that can be reviewed.
    """
    runtime = current()
    configuration, sources = runtime.configuration(), callers_context(runtime.settings)
    if options.resource:
        resources = [reviewable(target_named(options.resource, sources, "RESOURCE").resource)]
    else:
        resources = [resource.id for resource in configuration.resources]
    if not resources:
        raise InputError(
            "RESOURCE", "it is missing, and config/resources.yaml names none", "an ARM id or a name"
        )
    reviewer = bundles.reviewer(runtime, configuration, sources)
    reviews = [
        reviewer(resource, options.environment or _environment(configuration.resources, resource))
        for resource in resources
    ]
    if options.json:
        print(json.dumps({"reviews": [as_json(review) for review in reviews]}, ensure_ascii=False, indent=2))
    else:
        console = console_for(sys.stdout)
        for review in reviews:
            show(console, review)
    return code_of_reviews(reviews)


def code_of_reviews(reviews: Sequence[Review]) -> int:
    """Return 1 where something urgent was found, 3 where nothing could be judged at all."""
    if any(review.is_urgent for review in reviews):
        return NOT_AS_EXPECTED
    return FAILED if all(review.is_blind for review in reviews) else DONE


def show(console: Console, review: Review) -> None:
    """Print one review: the most urgent last, where a terminal shows it."""
    console.print(Text(f"{resource_name(review.resource)}: {_count(review)}", style="bold"))
    for unjudged in review.unjudged:
        console.print(
            Text(f"  no-data  {', '.join(unjudged.rules)}: {safe(unjudged.gap.sentence)}.", style="dim")
        )
    for fault in review.faults:
        _show_fault(console, fault)


def as_json(review: Review) -> dict[str, object]:
    """Return a review as plain JSON values."""
    return {
        "resource": review.resource,
        "urgent": review.is_urgent,
        "faults": [
            {
                "rule": fault.rule,
                "urgency": fault.urgency.word,
                "target": safe(fault.target),
                "title": fault.title,
                "text": safe(fault.text),
                "mend": safe(fault.mend),
                "caution": fault.caution,
                "source": fault.source,
            }
            for fault in review.faults
        ],
        "no_data": [
            {"rules": list(unjudged.rules), "why": safe(unjudged.gap.reason), "role": unjudged.gap.role}
            for unjudged in review.unjudged
        ],
    }


def _show_fault(console: Console, fault: Fault) -> None:
    console.print()
    console.print(Text(f"{fault.urgency.word}: {fault.title}", style=_COLOURS[fault.urgency]))
    console.print(f"  {safe(fault.text)}", markup=False)
    if fault.caution:
        console.print(f"  Before: {safe(fault.caution)}", markup=False, style="dim")
    console.print(f"  {safe(fault.mend)}", markup=False, soft_wrap=True)


def _count(review: Review) -> str:
    if review.is_blind:
        return "nothing could be judged"
    return f"{len(review.faults)} found" if review.faults else "nothing found"


def reviewable(resource: str) -> str:
    """Return a resource that can be watched.

    Raises:
        InputError: it is of another type.
    """
    kind = resource_type(resource)
    if kind not in WATCHED_TYPES:
        raise InputError("RESOURCE", f"{kind} cannot be reviewed", " or ".join(WATCHED_TYPES))
    return resource


def _environment(watched: Sequence[WatchedResource], resource: str) -> str:
    return next((each.environment for each in watched if each.id == resource), "production")
