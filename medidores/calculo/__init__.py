"""Consumption, estimates and checks of readings. Pure: no Django, no clock."""
