"""ANEEL's open-data files: text in, typed rows or coded refusals out. No ORM."""
