"""What an image can do without, of the packages that are in it: taken out while it is built.

    python slim.py /opt/onestop/venv

Of every package the compiled modules stay and their sources go: a traceback then names file, line
and function of a package's code, and does not quote the line. What is ours keeps its sources. Of
three packages goes what nothing of ours asks for, and of a fourth what only debuggers read; the
tests in containers run without it.
"""

import shutil
import struct
import sys
from collections.abc import Iterator
from importlib.util import cache_from_source
from pathlib import Path

FONTS = {"__init__", "NotoSans_Regular", "NotoSans_Bold"}
"""What documents are printed in (services/portal/paper.py)."""
LOCALES = {"en_US", "vi_VN"}
"""Where the people come from whom the tester makes up, and Faker's own default."""
PICTURES = ("avif", "webp", "sharpyuv", "imagingft", "freetype", "harfbuzz", "brotli", "png", "cms")
"""Extensions of Pillow, and what only they are linked with: a document has no picture in it."""


def unneeded(packages: Path) -> Iterator[Path]:
    """Yield what nothing of ours asks for, of the packages that are there."""
    fonts = packages.glob("pymupdf_fonts/*.py")
    yield from (each for each in fonts if each.stem not in FONTS)
    locales = packages.glob("faker/providers/*/[a-z][a-z]_[A-Z][A-Z]")
    yield from (each for each in locales if each.name not in LOCALES)
    linked = (*packages.glob("PIL/_*.so"), *packages.glob("pillow.libs/*"))
    yield from (each for each in linked if any(name in each.name for name in PICTURES))


ELF64 = b"\x7fELF\x02\x01"
"""How a library of a 64-bit machine begins that writes the small end first."""


def without_symbols(library: Path) -> None:
    """Cut off what comes after all that is loaded: sections, which only debuggers and linkers read.

    `strip` would do it, and no image has it. ELF-64 (System V ABI): the program headers say what is
    loaded; that there are sections, the file's header then says no more.
    """
    content = bytearray(library.read_bytes())
    if not content.startswith(ELF64):
        return
    (headers,) = struct.unpack_from("<Q", content, 0x20)
    size, number = struct.unpack_from("<HH", content, 0x36)
    end = headers + size * number
    for header in range(headers, end, size):
        offset, length = (struct.unpack_from("<Q", content, header + at)[0] for at in (8, 32))
        end = max(end, offset + length)
    struct.pack_into("<Q", content, 0x28, 0)
    struct.pack_into("<HH", content, 0x3C, 0, 0)
    library.write_bytes(content[:end])


def without_sources(packages: Path) -> None:
    """Put each compiled module where its source was. A source that was not compiled stays."""
    for source in list(packages.rglob("*.py")):
        compiled = Path(cache_from_source(str(source)))
        if compiled.exists():
            compiled.replace(source.with_suffix(".pyc"))
            source.unlink()
    for folder in list(packages.rglob("__pycache__")):
        shutil.rmtree(folder)


def main(environment: Path) -> None:
    """Slim the packages of a virtual environment."""
    (packages,) = environment.glob("lib/python*/site-packages")
    for each in list(unneeded(packages)):
        shutil.rmtree(each) if each.is_dir() else each.unlink()
    for library in packages.glob("uvloop/*.so"):
        without_symbols(library)
    without_sources(packages)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
