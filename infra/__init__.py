"""What runs the system: the `onestop` command and the local stack."""
