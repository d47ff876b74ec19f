"""The operators' commands on real servers."""
