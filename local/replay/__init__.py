"""Cases: read, diagnosed as their rows arrive, played through the whole app, and exported from incidents."""
