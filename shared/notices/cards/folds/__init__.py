"""What a card folds away: further steps, evidence, and what is not the cause."""
