"""The land registry."""
