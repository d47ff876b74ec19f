"""A hospital gives notice of a birth."""
