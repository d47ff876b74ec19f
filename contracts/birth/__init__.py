"""The linked procedure group of a birth (Decree 63/2024/ND-CP)."""
