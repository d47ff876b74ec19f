"""The bench: this system beside a bare pipeline of the same hops, in one run on one machine."""
