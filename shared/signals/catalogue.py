"""Every signal and every family of them."""

from shared.signals import communication, received, tries, web_pubsub
from shared.signals.metrics.families import METRIC_FAMILIES

FAMILIES = (*web_pubsub.FAMILIES, *communication.FAMILIES)
SIGNALS = (
    *(signal for family in FAMILIES for signal in family.signals),
    *(family.signal for family in METRIC_FAMILIES),
    *received.SIGNALS,
    tries.CANARY,
)
