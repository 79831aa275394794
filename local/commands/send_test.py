"""`send-test`: prove every receiver by posting one test to each: a card, or a payload."""

import argparse

from local.output.results import safe
from shared.app.notifying import posts
from shared.app.runtime import current
from shared.configuration.receivers import Receiver
from shared.incidents.wording import moment
from shared.notices.cards.elements import message
from shared.notices.cards.milestone_card import draw_announcement
from shared.notices.delivery.payload import TEST
from shared.notices.delivery.ports import Parcel
from shared.notices.delivery.post import PostAnswer, PostOutcome
from shared.notices.notice import Notice


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = commands.add_parser("send-test", help="post a test to every configured receiver")
    parser.set_defaults(run=run)


def run(_: argparse.Namespace) -> int:
    """Carry out the command; the status is 1 where a receiver did not take its test."""
    configuration = current().configuration()
    configuration.require("receivers")
    receivers = configuration.receivers.receivers
    answers = [(receiver, _post_test(receiver)) for receiver in receivers]
    for receiver, answer in answers:
        print(safe(_line(receiver, answer)))
    acceptances = [answer.outcome is PostOutcome.ACCEPTED for _, answer in answers]
    if any(acceptances):
        print("Accepted is no proof: look whether the tests stand where people read them.")
    return 0 if all(acceptances) else 1


def _post_test(receiver: Receiver) -> PostAnswer:
    clock = current().clock
    text = f"This is a test, sent on {moment(clock.now())}. Nothing is wrong."
    card = draw_announcement(f"Test of the receiver {receiver.name}", text)
    notice = Notice.about(f"test {clock.now()}", receiver.name, TEST, clock.now())
    parcel = Parcel([notice], message(card), is_repeat=False)
    return posts(current())(receiver, parcel)


def _line(receiver: Receiver, answer: PostAnswer) -> str:
    why = f": {answer.reason}" if answer.reason else ""
    return f"{receiver.name} ({', '.join(receiver.settings)}): {answer.outcome}{why}"
