"""The settings of a service: environment variables, each with a default that fits one machine."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, NamedTuple, Self

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    FilePath,
    SecretBytes,
    SecretStr,
    ValidationError,
    model_validator,
)

from services.chassis.clock import EPOCH, FASTEST, Clock

PREFIX = "ONESTOP_"
DEMONSTRATION_SECRET = b"a demonstration secret, for one machine only"


class SettingsError(ValueError):
    """An environment variable has a value that cannot be used; the message names it."""


def why(error: Exception) -> str:
    """Return in one line what is wrong with a file, without the number that the system gives it."""
    if isinstance(error, ValidationError):
        first = error.errors(include_input=False, include_url=False)[0]
        return ": ".join(filter(None, (".".join(map(str, first["loc"])), first["msg"])))
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return str(error)


class Haste(NamedTuple):
    """How long a service lets messages gather.

    A batch begins at least `apart` seconds after the one before, unless that was full. From `fast`
    messages a second on that are for the service, rounds of reading begin at least `gather` seconds
    apart, until a look, every quarter of a second, finds that little comes. They read up to `read`
    messages at once, of which `batch` are decided together: `lanes` of these parts at a time, so
    that one is decided while the store and the broker take in another.
    """

    fast: float
    gather: float
    apart: float = 0.04
    batch: int = 1000
    read: int = 4000
    lanes: int = 1

    def with_batch(self, batch: int | None) -> Self:
        """Return it with batches of another size, and as many of them read at once as before."""
        if batch is None:
            return self
        return self._replace(batch=batch, read=self.read * batch // self.batch)


class Settings(BaseModel):
    """Read from `ONESTOP_<NAME>`; times in seconds, sizes as named."""

    model_config = ConfigDict(frozen=True)

    kafka: str = "127.0.0.1:19092"
    kafka_tls: bool = False
    kafka_ca: FilePath | None = None
    """The authorities (PEM) that may vouch for a broker; else those of the system."""
    kafka_user: str = ""
    """Where it is set, the service proves by SASL/SCRAM-SHA-512 who it is."""
    kafka_password: SecretStr = SecretStr("")
    mongo: str = "mongodb://127.0.0.1:27117"
    database_prefix: str = "onestop_"
    http_host: str = "127.0.0.1"
    http_port: Annotated[int, Field(ge=0, le=65535)] = 8080
    secret: SecretBytes = SecretBytes(DEMONSTRATION_SECRET)
    """Keys the derivation of candidates for numbers; the same for all replicas of all services."""
    rules: Path | None = None
    """A folder with `<service>.toml`: figures that are added to the service's rules, an area's
    policy for example."""
    signing_keys: Path | None = None
    """A folder with `<service>.json`: the private keys by which the service signs."""
    batch: Annotated[int, Field(ge=1, le=5000)] | None = None
    """Messages decided together, where it is not to be as many as the service has it. In
    proportion to that, more or fewer are read at once."""
    commit_interval: Annotated[float, Field(gt=0)] = 0.25
    session_timeout: Annotated[float, Field(gt=0)] = 10.0
    publish_timeout: Annotated[float, Field(gt=0)] = 10.0
    store_timeout: Annotated[float, Field(gt=0)] = 5.0
    source_interval: Annotated[float, Field(gt=0)] = 0.5
    """How often deadlines that are due and dead letters to be replayed are looked for."""
    stalled_after: Annotated[float, Field(gt=0)] = 60.0
    """Without progress for so long, the service says that it is no longer alive."""
    dead_window: Annotated[int, Field(ge=1)] = 200
    dead_minimum: Annotated[int, Field(ge=1)] = 20
    dead_share: Annotated[float, Field(gt=0, le=1)] = 0.5
    """The service stops when, of the last `dead_window` messages, at least `dead_minimum` and more
    than this share would be dead letters."""
    clock: AwareDatetime = EPOCH
    """What the service's clock shows when the machine's shows `clock_set_at`; for tests."""
    clock_set_at: AwareDatetime = EPOCH
    clock_speed: Annotated[float, Field(gt=0, le=FASTEST)] = 1.0
    """How many seconds that clock goes on in one of the machine's."""
    log_level: str = "INFO"

    @property
    def demonstrates(self) -> bool:
        """Whether the secret is the default one, which everybody can read."""
        return self.secret.get_secret_value() == DEMONSTRATION_SECRET

    @property
    def time(self) -> Clock:
        """The clock that these settings set."""
        return Clock(self.clock, self.clock_set_at, self.clock_speed)

    @model_validator(mode="after")
    def set_at_a_moment(self) -> Self:
        """Require the moment at which another clock was set: a restart must not set it back."""
        named = {"clock", "clock_set_at", "clock_speed"} & self.model_fields_set
        if named and not {"clock", "clock_set_at"} <= named:
            raise ValueError("ONESTOP_CLOCK and ONESTOP_CLOCK_SET_AT belong together: set both")
        return self

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Return the settings that the environment names. An empty variable is not one.

        Raises `SettingsError` for a value that does not fit.
        """
        given = {
            name: environment[PREFIX + name.upper()]
            for name in cls.model_fields
            if environment.get(PREFIX + name.upper())
        }
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            first = error.errors(include_input=False)[0]
            if not first["loc"]:
                raise SettingsError(first["msg"].removeprefix("Value error, ")) from None
            name = PREFIX + str(first["loc"][0]).upper()
            raise SettingsError(
                f"{name} cannot be used: {first['msg']}; see .env.example"
            ) from None
