"""Entas: the monthly extreme-poverty pipeline of a regency's social office."""

__version__ = "0.1.0"
