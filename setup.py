"""For tools that still ask for this file; pyproject.toml holds everything."""

from setuptools import setup

setup()
