"""Kafka's jars: pinned with checksums in `kafka.lock.toml`, fetched by jgo into its own cache.

`python -m infra.local.jars` resolves the versions named here anew and writes the lock file.
"""

import fcntl
import hashlib
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import jgo
from jgo.config import GlobalSettings
from jgo.constants import MAVEN_CENTRAL_URL
from jgo.env import LockedDependency, LockFile
from jgo.maven import Artifact, MavenContext

from infra.local.errors import StackError

KAFKA_VERSION = "4.3.0"
# Kafka leaves the choice of a logger to whoever runs it. The `!` keeps the versions that log4j
# recommends for its own tests away from Kafka's.
ROOTS = (
    f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}",
    "org.apache.logging.log4j:log4j-slf4j-impl:2.25.4!",
)
LOCK = Path(__file__).with_name("kafka.lock.toml")
DOWNLOADS = 6


def classpath(tell: Callable[[str], None] = lambda _: None) -> list[Path]:
    """Return the paths of all jars, fetched first where they are missing or damaged.

    `tell` is called before a download with what is about to happen. Raises StackError where a jar
    cannot be had or is not the one in the lock file.
    """
    locked = LockFile.load(LOCK).dependencies
    cache = GlobalSettings.load().repo_cache
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / ".onestop.lock").open("w") as lock:
        # Two stacks that start at once on a new machine must not write the same files.
        fcntl.flock(lock, fcntl.LOCK_EX)
        with ThreadPoolExecutor(DOWNLOADS) as pool:
            intact = pool.map(lambda jar: _is_intact(jar, cache), locked)
            missing = [jar for jar, good in zip(locked, intact, strict=True) if not good]
            if missing:
                tell(f"downloading {len(missing)} jars of Kafka {KAFKA_VERSION} (once)")
                with TemporaryDirectory(dir=cache, prefix=".onestop-") as staging:
                    list(pool.map(lambda jar: _fetch(jar, cache, Path(staging)), missing))
    return [_path(jar, cache) for jar in locked]


def write_lock() -> None:
    """Resolve the versions that belong to the roots, and write them with their checksums."""
    artifacts = jgo.resolve("+".join(ROOTS))
    locked = [
        LockedDependency(
            artifact.groupId,
            artifact.artifactId,
            artifact.version,
            sha256=_sha256(artifact.resolve()),
        )
        for artifact in artifacts
    ]
    LockFile(dependencies=locked, environment_name="kafka").save(LOCK)


def _path(jar: LockedDependency, repository: Path) -> Path:
    folder = repository.joinpath(*jar.groupId.split("."), jar.artifactId, jar.version)
    return folder / f"{jar.artifactId}-{jar.version}.jar"


def _is_intact(jar: LockedDependency, repository: Path) -> bool:
    path = _path(jar, repository)
    return path.is_file() and _sha256(path) == jar.sha256


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _fetch(jar: LockedDependency, cache: Path, staging: Path) -> None:
    """Download into `staging` first: a download that breaks off must not look like a jar."""
    name = f"{jar.groupId}:{jar.artifactId}:{jar.version}"
    try:
        downloaded = _artifact(jar, staging).resolve()
    except (OSError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise StackError(f"the jar {name} cannot be downloaded: {reason}") from error
    if not _is_intact(jar, staging):
        raise StackError(f"the jar {name} that was downloaded is not the one in {LOCK.name}")
    target = _path(jar, cache)
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(downloaded, target)


def _artifact(jar: LockedDependency, repository: Path) -> Artifact:
    settings = GlobalSettings.load()
    repositories = {"central": MAVEN_CENTRAL_URL, **settings.repositories}
    context = MavenContext(repo_cache=repository, remote_repos=repositories)
    return context.project(jar.groupId, jar.artifactId).at_version(jar.version).artifact()


if __name__ == "__main__":
    write_lock()
