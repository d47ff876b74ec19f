"""The mechanism under every service: it moves events exactly once in effect and knows no domain."""
