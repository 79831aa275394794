"""Measure what the README claims; every figure comes from one run on one machine."""
