"""Days as people write them here: 05/01/2026, not "5 de Janeiro de 2026"."""

DATE_FORMAT = "d/m/Y"
DATETIME_FORMAT = "d/m/Y H:i"
TIME_FORMAT = "H:i"
