"""Load playbooks, run their evidence, rank their hypotheses."""
