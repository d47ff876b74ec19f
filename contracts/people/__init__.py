"""The register of people, which exists before the first birth."""
