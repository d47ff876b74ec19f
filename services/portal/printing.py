"""Documents in print: made when asked for, and sealed."""

import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Self

from services.chassis.settings import SettingsError, why
from services.portal.printed import SEAL, Order, path_of
from services.portal.problems import refused

ADDRESS = "ONESTOP_PUBLIC_URL"
KEPT = 64
"""PDFs that are kept in memory, of some 40 KB each."""


class Press:
    """Prints documents and seals them.

    What that takes is loaded with the first of them: most portals that run in tests print none.
    """

    def __init__(self, seal: bytes | None, address: str) -> None:
        self._seal, self._address = seal, address
        self.pdf = lru_cache(KEPT)(self._pdf)

    @classmethod
    def from_environment(
        cls, default_address: str, environment: Mapping[str, str] = os.environ
    ) -> Self:
        """Return the press with the seal (PEM: a private key and its certificates) of ONESTOP_SEAL.

        ONESTOP_PUBLIC_URL is where people reach the portal: it is printed. Raises `SettingsError`.
        """
        named = environment.get(SEAL)
        try:
            seal = Path(named).read_bytes() if named else None
        except OSError as error:
            raise SettingsError(f"{SEAL} cannot be used: {named}: {why(error)}") from None
        return cls(seal, environment.get(ADDRESS) or default_address)

    def _pdf(self, order: Order) -> bytes:
        if self._seal is None:
            raise refused(409, "no-seal", setting=SEAL)
        from services.portal import paper, sealing  # noqa: PLC0415  40 MB that few portals need

        page = paper.page(order, self._address + path_of(order.statement))
        return sealing.sealed(page, order, self._seal)
