"""Listings: read as they come, at several places at once, and in order."""
