"""What is taken out of an image's packages, and that what stays can be imported."""

import compileall
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from infra.slim import main

GOES = (
    "pymupdf_fonts/Ubuntu_Bold.py",
    "faker/providers/person/de_DE/__init__.py",
    "PIL/_avif.cpython-313-x86_64-linux-gnu.so",
    "pillow.libs/libharfbuzz-fb49c9fc.so.0",
)
STAYS = (
    "pymupdf_fonts/NotoSans_Bold.py",
    "faker/providers/person/vi_VN/__init__.py",
    "faker/providers/credit_card/__init__.py",
    "PIL/_imaging.cpython-313-x86_64-linux-gnu.so",
    "pillow.libs/libtiff-20b7e810.so.6",
    "ours/module.py",
)


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """Packages as they are after their installation: all sources compiled, but one."""
    packages = tmp_path / "lib" / "python3.13" / "site-packages"
    for name in (*GOES, *STAYS):
        file = packages / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("VALUE = 7\n" if name.endswith(".py") else "", encoding="utf-8")
    assert compileall.compile_dir(packages, quiet=1)
    (packages / "ours" / "broken.py").write_text("a template, and no module: {{ }}")
    main(tmp_path)
    return packages


def left(packages: Path) -> set[str]:
    return {str(each.relative_to(packages)) for each in packages.rglob("*") if each.is_file()}


def printed(code: str, packages: Path) -> list[str]:
    """Return the words that code prints which finds these packages."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(packages)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


def test_what_nothing_asks_for_goes_and_the_sources_of_what_stays(packages: Path) -> None:
    compiled = {name.replace(".py", ".pyc") if name.endswith(".py") else name for name in STAYS}
    assert left(packages) == compiled | {"ours/broken.py"}


def test_what_stays_is_imported_without_its_source(packages: Path) -> None:
    code = "from ours import module; print(module.VALUE, module.__file__)"
    assert printed(code, packages) == ["7", str(packages / "ours" / "module.pyc")]


def test_a_library_works_without_what_only_debuggers_read(tmp_path: Path) -> None:
    spec = find_spec("uvloop")
    assert spec is not None
    uvloop = Path(str(spec.origin)).parent
    packages = tmp_path / "lib" / "python3.13" / "site-packages"
    shutil.copytree(uvloop, packages / "uvloop")
    (before,) = [each.stat().st_size for each in uvloop.glob("*.so")]
    main(tmp_path)
    (library,) = (packages / "uvloop").glob("*.so")
    assert library.stat().st_size < before / 4
    code = "import uvloop, asyncio; print(uvloop.run(asyncio.sleep(0, 7)), uvloop.loop.__file__)"
    assert printed(code, packages) == ["7", str(library)]


def test_what_is_no_library_of_such_a_machine_stays_as_it_is(tmp_path: Path) -> None:
    library = tmp_path / "lib" / "python3.13" / "site-packages" / "uvloop" / "loop.so"
    library.parent.mkdir(parents=True)
    library.write_bytes(b"\xcf\xfa\xed\xfe of another system")
    main(tmp_path)
    assert library.read_bytes() == b"\xcf\xfa\xed\xfe of another system"
