"""Aliases, and what they pointed to."""
