"""Which declarations answer a proposal, or would if there were one: on file under its key. Pure."""

from services.chassis.procedure import Filed

ANSWERS = "answers"
"""What declarations are filed as: by the key of the proposal, and their case."""


def answer(key: str, case_id: str) -> Filed:
    """Return what is on file of a declaration that answers the proposal of this key."""
    return Filed(ANSWERS, f"{answering(key)}{case_id}", {"proposal": key, "case_id": case_id})


def answering(key: str) -> str:
    """Return how the keys of all declarations begin that answer this proposal."""
    return f"{key}/"
