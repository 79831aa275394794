"""How soon the first card comes, on noise of three kinds, and how often it comes for nothing."""
