"""`send-test`: prove every receiver by posting one test card to each."""

import argparse

from local.results import safe
from shared.configuration.receivers import Receiver
from shared.notices.answer import Answer, Outcome
from shared.wiring import prove_receivers


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = commands.add_parser("send-test", help="post a test card to every configured receiver")
    parser.set_defaults(run=run)


def run(_: argparse.Namespace) -> int:
    """Carry out the command; the status is 1 where a receiver did not take its card."""
    answers = prove_receivers()
    for receiver, answer in answers:
        print(safe(_line(receiver, answer)))
    if any(answer.outcome is Outcome.ACCEPTED for _, answer in answers):
        print("Accepted is no proof: look whether the cards stand in their channels.")
    return 0 if all(answer.outcome is Outcome.ACCEPTED for _, answer in answers) else 1


def _line(receiver: Receiver, answer: Answer) -> str:
    why = f": {answer.reason}" if answer.reason else ""
    return f"{receiver.name} ({receiver.setting}): {answer.outcome}{why}"
