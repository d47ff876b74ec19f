"""Pure tests: no clock, no network, no servers."""
