"""The family of errors that the `onestop` command shows as one line, and its exit status."""

INTERRUPTED = 130
"""The exit status of a command that Ctrl-C has ended."""


class OnestopError(Exception):
    """An error that a person can act on: its message is one clear sentence, without a traceback."""


def about_file(error: OSError) -> str:
    """Return what is wrong with the file of the error and what to do, in one sentence."""
    if error.filename is None:
        return str(error)
    if isinstance(error, FileNotFoundError):
        return f"there is no {error.filename}: name a file that is there"
    if isinstance(error, IsADirectoryError):
        return f"{error.filename} is a folder: name a file"
    if isinstance(error, FileExistsError | NotADirectoryError):
        return f"{error.filename} is no folder: name another"
    if isinstance(error, PermissionError):
        return f"{error.filename} is closed to you: name another, or let its owner open it"
    return f"{error.filename} cannot be used: {error.strerror}"
