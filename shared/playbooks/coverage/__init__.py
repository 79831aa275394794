"""How far the tables of a diagnosis cover its window, and what that forbids a check to say."""
