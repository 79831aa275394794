"""What an MQTT client is answered when it may not connect.

https://github.com/Azure/azure-webpubsub/blob/main/protocols/server/cloud-events/main.tsp
"""

import json
from collections.abc import Mapping
from typing import Any

from shared.events.answer import EventAnswer

# "Not authorized" as a return code of MQTT 3.1.1 (section 3.2.2.3) and as a reason code of MQTT 5.0 (section 3.2.2.2).
_NOT_AUTHORIZED = {4: 5, 5: 0x87}


def refusal(body: Mapping[str, Any]) -> EventAnswer:
    """Return the refusal of a connect; the code goes by the version of the protocol that the client speaks."""
    mqtt = body.get("mqtt")
    version = mqtt.get("protocolVersion") if isinstance(mqtt, dict) else None
    code = _NOT_AUTHORIZED[4 if version == 4 else 5]
    document = {"mqtt": {"code": code, "reason": "not authorized"}}
    return EventAnswer(401, json.dumps(document).encode(), "application/json")
