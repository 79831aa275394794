"""Ask for work through Storage Queues; a message is JSON text of ids."""

import json

from azure.storage.queue import QueueClient


class QueueWork:
    """The queue of incidents to diagnose."""

    def __init__(self, queue: QueueClient) -> None:
        self._queue = queue

    def ask_for_diagnosis(self, incident_id: str) -> None:
        """Ask for a diagnosis; at least once, so diagnosing must be safe to repeat."""
        self._queue.send_message(json.dumps({"incident": incident_id}))
