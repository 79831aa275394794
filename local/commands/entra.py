"""`entra`: print the `az` commands that make what a template cannot create in Entra, or run them."""

import argparse
import subprocess

from local.deploy.registrations import Step, steps

PARTS = ("alerts", "events", "sign-in")


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "entra",
        help="print what a template cannot create in Entra, as az commands",
        description="Without any of it alerts come with the key of a function, and events with a signature. "
        "Each part is its own: tokens of alerts, tokens of events, sign-in of people. "
        "You need the Entra role Application Developer, and for alerts one that may assign an app role.",
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)} (default: all)")
    parser.add_argument("--app", default="$AZURE_FUNCTION_APP_NAME", help="the function app")
    parser.add_argument("--group", default="$AZURE_RESOURCE_GROUP", help="its resource group")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--print", action="store_true", help="print the commands (default)")
    how.add_argument(
        "--run", dest="run_them", action="store_true", help="run them, one after the other, until one fails"
    )
    parser.set_defaults(run=run, parser=parser)


def run(options: argparse.Namespace) -> int:
    """Carry out the command."""
    unknown = [part for part in options.parts if part not in PARTS]
    if unknown:
        options.parser.error(f"there is no part {unknown[0]}; expected {', '.join(PARTS)}")
    chosen = steps(options.parts or PARTS, options.app, options.group)
    return _carried_out(chosen) if options.run_them else _printed(chosen)


def _printed(chosen: list[Step]) -> int:
    print("set -eu")
    for step in chosen:
        print(f"\n# {step.why}\n{step.command}")
    return 0


def _carried_out(chosen: list[Step]) -> int:
    """Run the commands in one shell, because later ones use what earlier ones found."""
    script = "\n".join(["set -eu", *(f"echo '{step.why}'\n{step.command}" for step in chosen)])
    return subprocess.run(["sh", "-c", script], check=False).returncode  # noqa: S603, S607  # the commands that `--print` shows
