"""The portal: the only door, and the place where a family sees where its case stands."""
