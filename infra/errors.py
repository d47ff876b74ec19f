"""The family of errors that the `onestop` command shows as one line."""


class OnestopError(Exception):
    """An error that a person can act on: its message is one clear sentence, without a traceback."""
