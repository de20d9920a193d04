"""Decisions about supply points, meters and readings."""
