"""The channel by which families are told outside, on servers of its own."""
