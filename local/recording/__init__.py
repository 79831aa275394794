"""Record what real servers do to a transcription WebSocket, as the rows an app would have logged."""
