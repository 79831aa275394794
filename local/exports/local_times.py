"""Read times as the portal, a spreadsheet or Grafana writes them in the language of their user."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from local.exports.unfit import UnfitError

A_TIME = "a time such as 2025-02-25T09:19:25.391Z or 2/25/2025, 9:19:25.391 AM"
CURE = "--date-order dmy or mdy, or an export made with the portal's language set to English (United States)"


class DateOrder(StrEnum):
    """Which of day and month stands first in a date whose year stands last."""

    DMY = "dmy"
    MDY = "mdy"


_MARKS = re.compile("[\u200b-\u200f\u061c\u202a-\u202e\u2066-\u2069\ufeff]")
_DATE = re.compile(
    r"(?P<first>\d{1,4})\s?(?P<separator>[./年년-])\s?(?P<second>\d{1,2})\s?[./月월-]\s?(?P<third>\d{1,4})(?:\s?[日일]|\.)?"
)
_TIME = re.compile(
    r"[\s,;T]*(?P<before>[^\d:]*?)\s*(?P<hour>\d{1,2})\s?[:.h時时시点]\s?(?P<minute>\d{2})"
    r"(?:\s?(?:[:.分분]|min)\s?(?:(?P<second>\d{2})(?:[.,:](?P<fraction>\d{1,9}))?\s?[s秒초]?)?)?"
    r"\s*(?P<after>[^\d:+-]*?)\s*(?P<offset>[+-]\d{1,2}(?::?\d{2})?)?"
)
_TIME_FIRST = re.compile(
    r"^(\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?),?\s+(\d{1,4}[./-]\d{1,2}[./-]\d{1,4})$"
)  # Vietnam
_EPOCH = re.compile(r"1\d{12}")  # milliseconds since 1970, as Grafana writes unformatted times

# As browsers write them (Unicode CLDR, dayPeriods), in small letters, without dots and blanks.
_BEFORE_NOON = frozenset(
    "am 上午 午前 오전 凌晨 清晨 早上 ص قظ πμ fm vorm dop de öö sa पूर्वाह्न ก่อนเที่ยง дп проб vm pd".split()  # noqa: SIM905
)
_AFTER_NOON = frozenset(
    "pm 下午 午後 오후 中午 晚上 م بظ μμ em nachm odp du ös ch अपराह्न หลังเที่ยง пп слоб nm md".split()  # noqa: SIM905
)
_NO_MEANING = frozenset(
    ["", "klo", "kl", "um", "uhr", "à", "alas", "alle", "at", "utc", "gmt", "z", "\u0433"]
)
_YEARS = range(1990, 2100)


def local_time(text: str, order: DateOrder | None = None) -> datetime:
    """Read a time of any language; without a zone it is UTC, and `order` decides where day and month look alike.

    Raises:
        UnfitError: it is not a time, or day and month cannot be told apart.
    """
    plain = _plain(text)
    if _EPOCH.fullmatch(plain):
        return datetime.fromtimestamp(int(plain) / 1000, UTC)
    date = _DATE.match(plain)
    time = _TIME.fullmatch(plain, date.end()) if date else None
    if date is None or (time is None and date.end() < len(plain)):
        raise UnfitError(A_TIME)
    is_english = plain.endswith(("AM", "PM"))
    year, month, day = _year_month_day(date, order, is_english=is_english)
    if year not in _YEARS and not is_english:
        raise UnfitError(f"a year of the Gregorian calendar: {CURE}")
    midnight = datetime(year, month, day, tzinfo=UTC)
    return midnight if time is None else midnight + _since_midnight(time) - _offset(time["offset"])


def proven_order(cells: Iterable[str]) -> DateOrder | None:
    """Return the order that a column's dates have, by those that allow only one.

    Raises:
        UnfitError: some allow only the one order, and some only the other.
    """
    orders = {order for cell in cells if (order := _proof(cell))}
    if len(orders) > 1:
        raise UnfitError("dates of one order; some have the day first and others the month")
    return orders.pop() if orders else None


def _plain(text: str) -> str:
    """Return a text in plain digits, letters and blanks, without the marks that tell a writing direction."""
    plain = _MARKS.sub("", unicodedata.normalize("NFKC", text)).strip()
    return _TIME_FIRST.sub(r"\2 \1", plain)


def _proof(text: str) -> DateOrder | None:
    date = _DATE.match(_plain(text))
    orders = _possible(date) if date and len(date["first"]) < 3 else []
    return orders[0] if len(orders) == 1 else None


def _possible(date: re.Match[str]) -> list[DateOrder]:
    first, second = int(date["first"]), int(date["second"])
    fits = {DateOrder.DMY: first <= 31 and second <= 12, DateOrder.MDY: first <= 12 and second <= 31}
    return [order for order, is_possible in fits.items() if is_possible]


def _year_month_day(
    date: re.Match[str], order: DateOrder | None, *, is_english: bool
) -> tuple[int, int, int]:
    first, second, third = int(date["first"]), int(date["second"]), int(date["third"])
    if len(date["first"]) == 4:
        return _real_date(first, second, third)
    if len(date["third"]) != 4:
        raise UnfitError(f"a year of four digits: {CURE}")
    order = order or _order_of(date, is_english=is_english)
    return _real_date(third, second, first) if order is DateOrder.DMY else _real_date(third, first, second)


def _order_of(date: re.Match[str], *, is_english: bool) -> DateOrder:
    """Decide for one date alone: dots stand only where the day is first, and AM in capitals is American."""
    orders = _possible(date)
    if len(orders) == 1:
        return orders[0]
    if not orders:
        raise UnfitError(A_TIME)
    if date["separator"] == "." or int(date["first"]) == int(date["second"]):
        return DateOrder.DMY
    if is_english:
        return DateOrder.MDY
    raise UnfitError(f"a date whose day and month can be told apart: {CURE}")


def _real_date(year: int, month: int, day: int) -> tuple[int, int, int]:
    try:
        datetime(year, month, day, tzinfo=UTC)
    except ValueError as error:
        raise UnfitError(A_TIME) from error
    return year, month, day


def _since_midnight(time: re.Match[str]) -> timedelta:
    hour, words = int(time["hour"]), {_word(time["before"]), _word(time["after"])}
    is_morning, is_afternoon = bool(words & _BEFORE_NOON), bool(words & _AFTER_NOON)
    if words - _BEFORE_NOON - _AFTER_NOON - _NO_MEANING or hour > 23 or (is_morning and is_afternoon):
        raise UnfitError(A_TIME)
    if is_morning or is_afternoon:
        if hour > 12:
            raise UnfitError(A_TIME)
        hour = hour % 12 + (12 if is_afternoon else 0)
    minute, second = int(time["minute"]), int(time["second"] or 0)
    if minute > 59 or second > 59:
        raise UnfitError(A_TIME)
    fraction = int((time["fraction"] or "0")[:6].ljust(6, "0"))
    return timedelta(hours=hour, minutes=minute, seconds=second, microseconds=fraction)


def _word(text: str) -> str:
    return re.sub(r"[\s.,;]+", "", text.casefold())


def _offset(text: str | None) -> timedelta:
    if not text:
        return timedelta(0)
    digits = text[1:].replace(":", "")
    hours, minutes = int(digits[:2]), int(digits[2:] or 0)
    if hours > 14 or minutes > 59:
        raise UnfitError(A_TIME)
    length = timedelta(hours=hours, minutes=minutes)
    return -length if text[0] == "-" else length
