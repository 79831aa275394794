"""Tell people of an alert as it is; those of one rule and ten minutes are one card."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shared.alerts.alert import Alert, Variant, digest
from shared.alerts.inbox import Announcer
from shared.incidents.wording import moment, resource_name
from shared.redaction import UserIds

MISSED = "Azure's delivery was missed, and Linekeeper found this alert itself. "
FOLDED = timedelta(minutes=10)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NOTHING = timedelta(0)


@dataclass(frozen=True, slots=True)
class Telling:
    """What alerts are told with; users are hidden."""

    announcer: Announcer
    users: UserIds

    def tell(self, alert: Alert, key: str, remark: str, now: datetime, after: timedelta = _NOTHING) -> None:
        """Write the notice of an alert, once for each key; it is sent `after` that."""
        title = f"{'Alert' if alert.fired else 'Alert resolved'}: {alert.title}"
        text = "\n\n".join(part for part in (_head(alert), _sentence(alert.text), remark) if part)
        hide, severity = self.users.hide_in, alert.severity
        self.announcer.announce(key, hide(title), hide(text), now, alert.link, after=after, severity=severity)


def folded_key(alert: Alert) -> str:
    """Return the key of the card that shows an alert: the same for its rule, within ten minutes of firing.

    What fires under one rule of Service Health is not the same: there each event has its own.
    """
    return f"{_folded(alert)} {'fired' if alert.fired else 'resolved'}"


def alone_key(alert: Alert) -> str:
    """Return the key of the card of an end that came alone; a storm of them has a few for its rule, and not one each."""
    return f"{_folded(alert)} alone {int(alert.id[:1], 16) // 2}"


def folded_remark(alert: Alert) -> str:
    """Say which others have no card of their own."""
    until = _EPOCH + ((alert.fired_at - _EPOCH) // FOLDED + 1) * FOLDED
    of = "event" if alert.variant is Variant.SERVICE_HEALTH else "rule"
    return f"Further alerts of this {of} that fire until {until:%H:%M} UTC are shown by this card alone."


def found_remark(alert: Alert) -> str:
    """Say that Azure did not deliver an alert, where that is so."""
    return MISSED if alert.is_found else ""


def _folded(alert: Alert) -> str:
    # By when it fired, and not by our clock: another attempt at the same alert has the same card.
    about = alert.id if alert.variant is Variant.SERVICE_HEALTH else alert.title.lower()
    return f"alerts {digest(about)} {(alert.fired_at - _EPOCH) // FOLDED}"


def _head(alert: Alert) -> str:
    kind = str(alert.variant) if alert.severity is None else f"Sev{alert.severity} {alert.variant}"
    where = ", ".join(resource_name(target) for target in alert.targets[:3])
    ended = f", resolved {moment(alert.resolved_at)}" if alert.resolved_at and not alert.fired else ""
    on = f" on {where}" if where else ""
    return f"{kind[0].upper()}{kind[1:]}{on}, fired {moment(alert.fired_at)}{ended}."


def _sentence(text: str) -> str:
    return f"{text.rstrip('.')}." if text else ""
