"""The source files of the project, and which of them a decision can reach."""

from functools import cache
from pathlib import Path

from contracts.catalogue import catalogue
from tests.architecture import checks

ROOT = Path(__file__).parents[2]
PACKAGES = ("contracts", "services", "infra", "tests")
CHASSIS, PORTAL = "chassis", "portal"


@cache
def modules() -> dict[str, Path]:
    """Return the files of our modules, by module name."""
    found = {}
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            parts = file.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


def under(package: str) -> dict[str, Path]:
    """Return the modules of the package and below."""
    return {
        name: file
        for name, file in modules().items()
        if name == package or name.startswith(f"{package}.")
    }


def source(module: str) -> str:
    """Return the text of a module."""
    return modules()[module].read_text(encoding="utf-8")


@cache
def imported(module: str) -> frozenset[str]:
    """Return the dotted names that the module imports."""
    is_package = modules()[module].name == "__init__.py"
    return frozenset(checks.imports(source(module), module, is_package))


def home(dotted: str) -> str | None:
    """Return the module of ours in which an imported name is, or None where it is not ours."""
    while dotted and dotted not in modules():
        dotted = dotted.rpartition(".")[0]
    return dotted or None


def agencies() -> list[str]:
    """Return the packages of the services that own procedures, as far as they exist."""
    names = [name.replace("-", "_") for name in catalogue().services]
    return [name for name in names if name != PORTAL and f"services.{name}" in modules()]


def domain() -> list[str]:
    """Return the modules in which decisions are made, of every service and of the toy's."""
    written = (name for name in modules() if name.startswith(("services.", "tests.toy.services.")))
    tracker = f"services.{PORTAL}.tracker"
    return [name for name in written if name == tracker or checks.decides(source(name))]


def reached(start: list[str]) -> set[str]:
    """Return these modules, and all of ours that they import, directly or not."""
    found, ahead = set[str](), list(start)
    while ahead:
        module = ahead.pop()
        if module not in found:
            found.add(module)
            ahead += [there for name in imported(module) if (there := home(name))]
    return found
