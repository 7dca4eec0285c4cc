"""Registers: what villages upload, the formats they come in, and how their cells are read."""
