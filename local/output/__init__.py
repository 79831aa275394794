"""What the command line shows and writes: diagnoses, cards and folders of results."""
