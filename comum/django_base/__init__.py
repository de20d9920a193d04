"""Bases of the Django edges: models, admin, commands, API. Knows no app."""
