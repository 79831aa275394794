"""The first screen of a card: what is wrong, how bad, why, and what to do first."""
