"""How somebody died, as forms and events say it."""

from typing import Literal

PlaceKind = Literal["hospital", "home", "elsewhere"]
Cause = Literal["illness", "accident", "suspicious", "disaster", "declared-by-court"]
