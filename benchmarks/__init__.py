"""Measurements: how fast, and how good."""
