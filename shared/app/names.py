"""Every table, queue and container of the app's storage account, once; a stored name never changes."""

from enum import StrEnum


class Table(StrEnum):
    """The tables."""

    ACS_IDENTITIES = "acsidentities"
    ALERTS = "alerts"
    CLIENT_RATES = "clientrates"
    COUNTS = "counts"
    DEAD_LETTERS = "deadletters"
    DECISIONS = "decisions"
    DECLARED = "declaredevents"
    DISCOVERIES = "discoveries"
    EVENTS = "pubsubevents"
    FAULTS = "configurationfaults"
    GROUPS = "groups"
    INCIDENTS = "incidents"
    LANES = "streams"
    NORMALS = "normals"
    NOTICES = "notices"
    QUARANTINE = "quarantine"
    RATES = "receivers"
    READINESS = "readiness"
    REGIONS = "regions"
    SHARED_CARDS = "sharedcards"
    SILENCES = "silences"
    SOURCES = "sources"
    TRIES = "tries"
    WATERMARKS = "looks"


class Queue(StrEnum):
    """The queues; the Functions host adds one with `-poison` at its end for each."""

    ALERTS = "alerts"
    NOTICES = "notices"
    PUSHED = "pushed"
    URGENT_ALERTS = "urgent-alerts"
    WORK = "work"


ALERT_QUEUES = (Queue.ALERTS, Queue.URGENT_ALERTS)


class Container(StrEnum):
    """The containers of blobs."""

    DOCUMENTS = "documents"
    GOOD_FILES = "last-good-configuration"
    KEYS = "keys"
