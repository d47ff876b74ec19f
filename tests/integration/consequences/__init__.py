"""Each consequence of DESIGN.md's heart by its name, on real servers."""
