"""Load playbooks, run their checks, rank their hypotheses."""
