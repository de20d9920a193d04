"""Who gets in and stays in: second factor, sessions, headers."""
