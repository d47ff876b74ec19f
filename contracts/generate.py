"""Writes the JSON Schemas and AsyncAPI documents: `python -m contracts.generate`.

python -m contracts.generate              write them; refuses a change that breaks a reader
python -m contracts.generate --check      say what is not up to date, and exit 1
python -m contracts.generate --breaking   write them all the same, before the first release
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from contracts import async_api, json_schemas
from contracts.catalogue import Catalogue, catalogue
from contracts.compatibility import breaking

HOME = Path(__file__).parent
Documents = Mapping[str, Mapping[str, Any]]


def documents(catalogue: Catalogue) -> dict[str, Mapping[str, Any]]:
    """Return everything that is generated, by its path under `contracts/`."""
    return {**json_schemas.schemas(catalogue), **async_api.documents(catalogue)}


def committed(home: Path = HOME) -> dict[str, Mapping[str, Any]]:
    """Return what was generated before, by its path under `contracts/`."""
    return {
        path.relative_to(home).as_posix(): json.loads(path.read_text(encoding="utf-8"))
        for folder in ("schemas", "asyncapi")
        for path in sorted((home / folder).rglob("*.json"))
    }


def broken(old: Documents, new: Documents) -> list[str]:
    """Return one sentence for each change of a schema that breaks a reader."""
    found = []
    for path, schema in old.items():
        if not path.startswith("schemas/"):
            continue
        if path not in new:
            found.append(f"{path}: removed, and messages of this type are still kept")
            continue
        old_readers = not path.startswith("schemas/forms/")
        changes = breaking(schema, new[path], old_readers=old_readers)
        found += [f"{path}: {change}" for change in changes]
    return found


def outdated(new: Documents, home: Path = HOME) -> Iterator[str]:
    """Yield one sentence for each file that is not what would be written now."""
    for path, document in new.items():
        file = home / path
        if not file.exists():
            yield f"{path}: missing"
        elif file.read_text(encoding="utf-8") != _text(document):
            yield f"{path}: not what the models say now"
    for path in committed(home):
        if path not in new:
            yield f"{path}: nothing generates it any more"


def write(new: Documents, home: Path = HOME) -> None:
    """Write the documents, and remove those that nothing generates any more."""
    for path in committed(home).keys() - new.keys():
        (home / path).unlink()
    for path, document in new.items():
        file = home / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(_text(document), encoding="utf-8")


def main(arguments: list[str] | None = None, home: Path = HOME) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m contracts.generate", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if outdated")
    parser.add_argument("--breaking", action="store_true", help="write even what breaks readers")
    options = parser.parse_args(arguments)
    new = documents(catalogue())
    breaks = broken(committed(home), new)
    if options.check:
        complaints = [*breaks, *outdated(new, home)]
        return _complain(complaints, "Run `python -m contracts.generate`.")
    if breaks and not options.breaking:
        return _complain(breaks, "Publish a new version of the event instead (….v2).")
    write(new, home)
    return 0


def _complain(sentences: list[str], advice: str) -> int:
    if sentences:
        sys.stderr.write("\n".join([*sentences, advice, ""]))
    return 1 if sentences else 0


def _text(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.exit(main())
