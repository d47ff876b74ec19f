"""The tests, and the testers' own command (`tests.fire`)."""
