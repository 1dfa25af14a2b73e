"""Textual widgets that know nothing of rovers, and pure functions that make their rows."""
