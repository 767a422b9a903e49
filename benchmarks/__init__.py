"""Measurements beside the tools that people use today."""
