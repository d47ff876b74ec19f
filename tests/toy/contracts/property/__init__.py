"""The transfer of a piece of land."""
