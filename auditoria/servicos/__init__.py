"""Services of the audit trail."""
