"""Officials, and who is paid what they grant: on one system, where they decide."""
