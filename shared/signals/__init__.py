"""What is measured, how it is asked, and the counts that are stored."""
