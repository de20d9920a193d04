"""Decisions about runs, invoices and payments."""
