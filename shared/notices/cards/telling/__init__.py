"""What a card tells: everything it is drawn from, and how it says sentences and moments."""
