"""A sequential test on one-minute counts: it sees a fault as soon as the evidence of its minutes adds up."""
