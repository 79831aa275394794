"""What the recorded server loads: the application, built from the environment."""

from local.recording.application import build

application = build()
