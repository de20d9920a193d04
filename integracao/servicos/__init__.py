"""Services of the integration with other systems."""
