"""The users of a MongoDB server: each service may use its own database, and no other."""

from collections.abc import Mapping
from typing import Any

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from infra.access import OPERATOR
from infra.errors import OnestopError

SELECTION_MS = 60_000


def renew(url: str, prefix: str, passwords: Mapping[str, str]) -> None:
    """Let there be these users. `url` is that of an administrator; databases begin with `prefix`.

    Raises OnestopError.
    """
    try:
        with MongoClient[dict[str, Any]](url, serverSelectionTimeoutMS=SELECTION_MS) as client:
            existing = {row["user"] for row in client.admin.command("usersInfo")["users"]}
            for user, password in passwords.items():
                verb = "updateUser" if user in existing else "createUser"
                client.admin.command(verb, user, pwd=password, roles=[_role(user, prefix)])
    except PyMongoError as error:
        raise OnestopError(f"the users of MongoDB were not made: {error}") from None


def _role(user: str, prefix: str) -> dict[str, str]:
    if user == OPERATOR:
        # The operator's commands look after what every service keeps.
        return {"role": "readWriteAnyDatabase", "db": "admin"}
    return {"role": "readWrite", "db": prefix + user.replace("-", "_")}
