"""Joins what the apps register: pages that show more than one app, and people."""

from energia_project import fichas, usuarios

__all__ = ["fichas", "usuarios"]
