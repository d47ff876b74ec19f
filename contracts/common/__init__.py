"""What procedure groups share: people, places, and the events that more than one of them uses."""
