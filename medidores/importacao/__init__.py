"""File layouts: text in, typed rows or coded refusals out. No ORM."""
