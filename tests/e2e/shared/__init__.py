"""Births, deaths, and Prometheus over both: on one system, as it comes."""
