"""Population: the register of persons and their identifiers."""
