"""The death group: what happens when a family declares a death."""
