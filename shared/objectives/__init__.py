"""Judge counts: burn rates, absolute limits, the budget, and whether a fix holds."""
