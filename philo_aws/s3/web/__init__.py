"""Bounded work, for pages that must answer soon."""
