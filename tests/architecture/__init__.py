"""The rules of the layout (DESIGN.md), as tests."""
