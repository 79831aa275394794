"""Say a share, a headline and a place as people on call say them: "8 of 10 attempts are refused"."""

from collections.abc import Sequence
from datetime import timedelta

from shared.playbooks.playbook import Headline

_NEARLY_ALL = 0.95
_OF_TEN = 0.15  # from here on in tenths
_WHOLE_PERCENT = 0.095  # from here on without a decimal
_MOST_LETTERS = 40  # of a hub's name; a longer one loses its middle
_SHOWN_HUBS = 2


def percent(share: float) -> str:
    """Write a share, 0 to 1, in per cent: whole from 9.5 % on, else with one decimal."""
    return (
        f"{100 * share:.0f} %" if share >= _WHOLE_PERCENT else f"{f'{100 * share:.1f}'.removesuffix('.0')} %"
    )


def share_of(share: float, events: str, state: str, *, past: bool = False) -> str:
    """Say which share of `events`, a plural, are in a state: "nearly all attempts are refused", "1 of 30 attempts is refused"."""
    one, many = ("was", "were") if past else ("is", "are")
    if share >= _NEARLY_ALL:
        return f"nearly all {events} {many} {state}"
    if share >= _OF_TEN:
        return f"{round(share * 10)} of 10 {events} {many} {state}"
    return f"1 of {round(1 / share):,} {events} {one} {state}"


def headline_of(
    headline: Headline, share: float | None, *, past: bool = False, our_tries: bool = False
) -> str:
    """Say what users notice, and of how many of their attempts; `our_tries` counts what we tried ourselves."""
    what = headline.past if past else headline.now
    if not share:
        return what
    events, bad = ("of our own tries", "failing") if our_tries else (headline.events, headline.bad)
    return f"{what}: {share_of(share, events, bad, past=past)}"


def hubs_in_words(hubs: Sequence[str]) -> str:
    """Name the two hubs that are hit most, and say how many more there are; "" where none is known."""
    shown = [f"**{hub}**" for hub in hubs[:_SHOWN_HUBS]]
    if len(hubs) > _SHOWN_HUBS:
        return f"the hubs {', '.join(shown)} and {len(hubs) - _SHOWN_HUBS} more"
    return f"the hub{'s' if len(shown) > 1 else ''} {' and '.join(shown)}" if shown else ""


def short_name(name: str) -> str:
    """Return a name without its middle where it is longer than a line has room for."""
    if len(name) <= _MOST_LETTERS:
        return name
    half = (_MOST_LETTERS - 1) // 2
    return f"{name[: half + 1]}…{name[-half:]}"


def delay_in_words(delay: timedelta) -> str:
    """Say how late rows come: "up to 10 minutes late"."""
    return f"up to {delay // timedelta(minutes=1)} minutes late"
