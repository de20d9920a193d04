"""Side-by-side measurements: `make bench SCRIPT=name` runs one on a PostgreSQL of its own."""
