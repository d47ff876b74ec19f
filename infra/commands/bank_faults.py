"""Turning the faults of the bank of `onestop up` on while something runs, and off again."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from infra.errors import OnestopError
from infra.gateway.faults import MIXED, Faults
from infra.local.ports import DEFAULT_SERVERS, GATEWAY, HOST

DEFAULT_BANK = f"http://{HOST}:{DEFAULT_SERVERS[GATEWAY]}"


@contextmanager
def faulty(bank: str) -> Iterator[None]:
    """Let the bank at this address err in every way meanwhile.

    Raises `OnestopError` where there is no bank, or it is a real one, whose faults are its own.
    """
    turn(bank, MIXED)
    try:
        yield
    finally:
        turn(bank, Faults())


def turn(bank: str, faults: Faults) -> None:
    """Turn these faults on, and all others off. Raises `OnestopError`."""
    try:
        answer = httpx.put(f"{bank}/faults", json=faults.model_dump(), trust_env=False)
        answer.raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise OnestopError(
            f"the bank at {bank} takes no faults ({type(error).__name__}): name the one of"
            " `onestop up` with --bank"
        ) from None
