"""A backup: the journal, and what came in from outside, as files of BSON with their hashes.

Nothing else of a service is needed: its registers, deadlines and claims follow from its journal. A
file holds documents one behind the other, in the order of their writing. That is how `mongodump`
writes a collection, so that `bsondump` and `mongorestore` read it too.
"""

import hashlib
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from pathlib import Path

from pydantic import AwareDatetime, BaseModel

from services.chassis.audit import is_sealed
from services.chassis.encoding import Document, encode
from services.chassis.journal import Journal
from services.chassis.outside import Outside

JOURNAL = "journal"
MANIFEST = "backup.json"


class Kept(BaseModel):
    """One file of a backup."""

    documents: int
    bytes: int
    sha256: str


class Manifest(BaseModel):
    """What a backup holds: everything of a service that was decided or taken in then."""

    service: str
    since: AwareDatetime | None
    until: AwareDatetime
    files: dict[str, Kept]


class Backup:
    """The backup of one service in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, collection: str) -> Path:
        """Return the file of a collection."""
        return self.folder / f"{collection}.bson"

    def manifest(self) -> Manifest:
        """Return the manifest. Raises `OSError`, and `ValueError` for something else."""
        return Manifest.model_validate_json((self.folder / MANIFEST).read_bytes())

    def damaged(self) -> list[str]:
        """Return which files are not as they were written. Raises as `manifest`."""
        return [
            name
            for name, kept in self.manifest().files.items()
            if not self.path(name).exists() or _sha256(self.path(name)) != kept.sha256
        ]

    def seal(self, manifest: Manifest) -> None:
        """Write the manifest, which makes it a backup: without, it was broken off."""
        text = manifest.model_dump_json(indent=2) + "\n"
        (self.folder / MANIFEST).write_text(text, encoding="utf-8")


async def back_up(
    backup: Backup,
    service: str,
    journal: Journal,
    outside: Outside,
    *,
    since: datetime | None,
    until: datetime,
    unsealed: Callable[[str], None],
) -> Manifest:
    """Write a backup, and tell of each entry that does not have its hash; it is kept as it is.

    Raises `StoreUnavailable` or `OSError`, after which there is no backup.
    """
    backup.folder.mkdir(parents=True, exist_ok=True)
    (backup.folder / MANIFEST).unlink(missing_ok=True)

    async def entries() -> AsyncIterator[Document]:
        async for row in journal.written(since, until):
            if not is_sealed(row):
                unsealed(str(row["_id"]))
            yield row

    files = {JOURNAL: await _write(backup.path(JOURNAL), entries())}
    for name in outside.collections:
        rows = outside.rows(name, since=since, until=until)
        files[name] = await _write(backup.path(name), rows)
    manifest = Manifest(service=service, since=since, until=until, files=files)
    backup.seal(manifest)
    return manifest


async def _write(path: Path, documents: AsyncIterator[Document]) -> Kept:
    digest, count, size = hashlib.sha256(), 0, 0
    with path.open("wb") as file:
        async for document in documents:
            encoded = encode(document)
            file.write(encoded)
            digest.update(encoded)
            count += 1
            size += len(encoded)
    return Kept(documents=count, bytes=size, sha256=digest.hexdigest())


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
