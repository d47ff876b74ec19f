"""What is looked for in source code. Each check takes the text of a module, and returns faults."""

import ast
import re
from collections.abc import Iterator

LONGEST = 300
"""Lines of a file that one person still reads in one go."""

# The decisions' one source of time and chance is their context; `hash` differs by process.
_FORBIDDEN = re.compile(
    r"datetime\.(datetime\.(now|utcnow|today)|date\.today)|uuid\.uuid[14]|os\.(urandom|environ|getenv)"
    r"|(time|random|secrets)\..*|(asyncio|threading|socket|subprocess)\..*|open|input|print|hash"
)
_CLOCKS = re.compile(
    r"datetime\.(datetime\.(now|utcnow|today)|date\.today)|time\.(time|time_ns|localtime|gmtime)"
)
_SLEEPS = ("asyncio.sleep", "time.sleep", "anyio.sleep")


def imports(source: str, module: str, is_package: bool = False) -> set[str]:
    """Return the modules, or names in modules, that the source of `module` imports anywhere."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            parts = module.split(".")
            up = node.level - is_package
            base = ".".join(parts[: len(parts) - up]) if node.level else ""
            origin = ".".join(filter(None, (base, node.module)))
            found |= {f"{origin}.{alias.name}" for alias in node.names}
    return found


def impurities(source: str) -> list[str]:
    """Return each use of a clock, of chance or of the world outside, with its line."""
    return [
        f"line {line}: {name}"
        for line, name in sorted(_uses(ast.parse(source)))
        if _FORBIDDEN.fullmatch(name)
    ]


def decides(source: str) -> bool:
    """Tell whether a function of this source is the handler of an event or a deadline."""
    return any(
        isinstance(decorator, ast.Call)
        and isinstance(decorator.func, ast.Attribute)
        and decorator.func.attr in ("on", "on_deadline")
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef)
        for decorator in node.decorator_list
    )


def clocks(source: str) -> list[str]:
    """Return each question what time it is, with its line; how long something takes is none."""
    uses = sorted(_uses(ast.parse(source)))
    return [f"line {line}: {name}" for line, name in uses if _CLOCKS.fullmatch(name)]


def sleeps(source: str) -> list[str]:
    """Return each call that sleeps for longer than 0 seconds, or may do so, with its line."""
    tree = ast.parse(source)
    names = _names(tree)
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or _dotted(node.func, names) not in _SLEEPS:
            continue
        argument = node.args[0] if node.args else None
        if not isinstance(argument, ast.Constant) or argument.value != 0:
            found.append(f"line {node.lineno}: {ast.unparse(node)}")
    return found


def too_long(source: str) -> list[str]:
    """Return a fault if the source has more lines than a reader takes in."""
    lines = source.count("\n")
    return [f"{lines} lines, more than {LONGEST}"] if lines > LONGEST else []


def words(source: str, forbidden: frozenset[str]) -> list[str]:
    """Return each forbidden word or phrase that is in the source, in any spelling, with its line.

    `HealthCard`, `health_card` and `health-cards` are all the phrase "health card".
    """
    return [
        f"line {number}: {phrase}"
        for number, line in enumerate(source.splitlines(), start=1)
        for phrase in sorted(forbidden)
        if re.search(rf" {phrase}(s|es)? ", f" {spoken(line)} ")
    ]


def spoken(name: str) -> str:
    """Return a name, or a line of code, as lower-case words."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return " ".join(re.findall(r"[a-z]+", apart.lower()))


def _uses(tree: ast.Module) -> Iterator[tuple[int, str]]:
    names = _names(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) or (
            isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
        ):
            dotted = _dotted(node, names)
            if dotted:
                yield node.lineno, dotted


def _names(tree: ast.Module) -> dict[str, str]:
    """Return what each imported name stands for."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.split(".")[0]
                found[alias.asname or top] = alias.name if alias.asname else top
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                found[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return found


def _dotted(node: ast.expr, names: dict[str, str]) -> str | None:
    if isinstance(node, ast.Name):
        return names.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        inner = _dotted(node.value, names)
        return f"{inner}.{node.attr}" if inner else None
    return None
