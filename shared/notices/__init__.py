"""What people are told, and how it looks."""
