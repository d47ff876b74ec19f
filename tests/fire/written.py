"""The declarations written by hand, and what became of each compared with what should have."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from contracts.common.events import Outcome
from contracts.common.working_days import due_at
from contracts.model import Input, Vnd
from tests.fire.answers import Answer
from tests.fire.cast import DECLARATIONS
from tests.fire.feedback import Rating, Told
from tests.fire.hospitals import Hospital
from tests.fire.officials import Step, Waits
from tests.fire.payees import Instruction
from tests.fire.portal import FireError
from tests.fire.requests import Changes, Request

Timeliness = Literal["on-time", "at-risk", "overdue"]

FEES = ("fee-settlement", "death-fee-settlement")
IN_PROGRESS = "in-progress"

End = Literal["granted", "refused", "not-started"]


class Expected(Input):
    """What must become of a declaration; declarations/README.md describes the fields."""

    status: Literal[202, 422] = 202
    field: str | None = None
    outcome: Outcome | None = None
    results: dict[str, End] = Field(default_factory=dict)
    reason: str | None = None
    refers_to: str | None = None
    fees_due: Vnd | None = None
    data: dict[str, dict[str, Any]] = Field(default_factory=dict)
    tasks: Waits = Field(default_factory=dict)
    asked: int | None = None
    """How often the family is asked where else money is to go."""
    working_days: int | None = None
    """What the law gives for the whole case; nothing has stopped its clock."""
    timeliness: Timeliness | None = None
    told: Told = Field(default_factory=dict)
    apology: bool | None = None
    """Whether the family was told of a new date."""
    proposed: bool | None = None
    """Whether the declarant is still asked to declare what the hospital gave notice of."""
    changes: Changes = Field(default_factory=dict)
    says: tuple[str, ...] = ()

    @property
    def ends(self) -> bool:
        """Whether the case comes to an end; one without an outcome waits for somebody."""
        return self.outcome is not None

    def end_of(self, procedure: str) -> End:
        """Return how this procedure must end, also one that joined the bundle after the file."""
        return self.results.get(
            procedure, "not-started" if self.outcome == "refused" else "granted"
        )


class Written(Input):
    """One file: a declaration, the real case behind it, and what must become of it."""

    stem: str
    title: str
    story: str
    after: str | None = None
    during: str | None = None
    """What has been declared when this is sent, and has not ended."""
    declaration: dict[str, Any]
    officials: tuple[Step, ...] = ()
    payouts: tuple[Instruction, ...] = ()
    days: int = 0
    """How many days pass at most until it has ended: for a system on which they pass quickly."""
    requests: tuple[Request, ...] = ()
    hospital: Hospital | None = None
    ratings: tuple[Rating, ...] = ()
    expected: Expected

    @property
    def follows(self) -> str | None:
        """The declaration that this one comes after or during."""
        return self.after or self.during


def load(folder: Path = DECLARATIONS) -> dict[str, Written]:
    """Return all written declarations by the stems of their files, each after those it waits for.

    Raises `FireError` for a file that is not of the form, has another's name, or waits for one that
    is not there.
    """
    found: dict[str, Written] = {}
    for path in sorted(folder.rglob("*.json")):
        if path.stem in found:
            raise FireError(f"{path}: there is another declaration of this name")
        try:
            text = path.read_text(encoding="utf-8")
            fields = Written.model_validate_json(text[:1] + f'"stem":"{path.stem}",' + text[1:])
        except ValidationError as error:
            problem = error.errors(include_url=False)[0]
            where = ".".join(map(str, problem["loc"]))
            raise FireError(f"{path}: {where}: {problem['msg']}") from None
        found[path.stem] = fields
    ordered: dict[str, Written] = {}
    while len(ordered) < len(found):
        ready = [
            written
            for stem, written in found.items()
            if stem not in ordered and (written.follows is None or written.follows in ordered)
        ]
        if not ready:
            stem = next(stem for stem in found if stem not in ordered)
            raise FireError(f"{stem}.json waits for {found[stem].follows}, which never comes")
        ordered.update((written.stem, written) for written in ready)
    return ordered


def load_groups(group: Literal["birth", "death", "both"]) -> dict[str, Written]:
    """Return the written declarations of one group, with what they need of the other, or of both;
    see `load`.
    """
    found = load()
    if group == "both":
        return found
    return load_named([s for s, one in found.items() if one.declaration.get("group") == group])


def ending(these: Mapping[str, Written]) -> dict[str, Written]:
    """Return those that end by themselves while somebody looks on.

    The others wait for somebody, or take days.
    """
    return {
        stem: one
        for stem, one in these.items()
        if not one.days and (one.expected.ends or one.expected.status != 202)
    }


def load_named(stems: Sequence[str]) -> dict[str, Written]:
    """Return the written declarations of these names, and those that they come after or during,
    or that come during them.

    Raises `FireError` for a name that none has.
    """
    found, chosen = load(), set[str]()
    wanted = list(stems)
    while wanted:
        stem = wanted.pop()
        if stem not in found:
            raise FireError(f"no written declaration is called {stem}")
        chosen.add(stem)
        near = {found[stem].follows} | {s for s, one in found.items() if one.during == stem}
        wanted += [name for name in near if name and name not in chosen]
    return {stem: one for stem, one in found.items() if stem in chosen}


def judge_answer(expected: Expected, answer: Answer) -> list[str]:
    """Return how the portal's answer differs from what should have come."""
    if answer.status != expected.status:
        return [f"answered {answer.sentence()}, not {expected.status}"]
    if expected.field is None or answer.problem is None:
        return []
    fields = [error.get("field") for error in answer.problem.get("errors") or []]
    if expected.field not in fields:
        return [f"the problem names {fields}, not {expected.field}"]
    return []


def judge_case(expected: Expected, case: Mapping[str, Any], cases: Mapping[str, str]) -> list[str]:
    """Return how a case that ended differs from what should have become of it.

    `case` is the answer of `GET /api/cases/{id}`, `cases` the case ids of all written declarations.
    """
    procedures = {procedure["name"]: procedure for procedure in case["procedures"]}
    if case["status"] != (expected.outcome or IN_PROGRESS):
        # Every procedure would differ for that reason alone.
        codes = [_because(procedure) for procedure in procedures.values()]
        return [f"{case['status']}{''.join(codes)}, not {expected.outcome or IN_PROGRESS}"]
    differences = [f"{name} is not in the bundle" for name in expected.results.keys() - procedures]
    differences += [
        f"{name} {procedure['state']}, not {expected.end_of(name)}{_because(procedure)}"
        for name, procedure in procedures.items()
        if expected.ends and procedure["state"] != expected.end_of(name)
    ]
    if expected.reason:
        differences += _judge_reason(expected, procedures, cases)
    if expected.fees_due is not None:
        fees = [procedures[name].get("result") or {} for name in FEES if name in procedures]
        due = fees[0].get("due") if fees else None
        if due != expected.fees_due:
            differences.append(f"{due} VND due, not {expected.fees_due}")
    differences += _judge_time(expected, case)
    for name, fields in expected.data.items():
        result = procedures.get(name, {}).get("result") or {}
        differences += [
            f"{name}: {key} is {result.get(key)!r}, not {value!r}"
            for key, value in fields.items()
            if result.get(key) != value
        ]
    return differences


def _judge_time(expected: Expected, case: Mapping[str, Any]) -> list[str]:
    differences = []
    if expected.working_days is not None:
        due = due_at(datetime.fromisoformat(case["submitted_at"]), expected.working_days)
        if datetime.fromisoformat(case["due_at"]) != due:
            differences.append(f"due at {case['due_at']}, not {due.isoformat()}")
    if expected.timeliness not in (None, case.get("timeliness")):
        differences.append(f"{case.get('timeliness')}, not {expected.timeliness}")
    if expected.apology not in (None, bool(case.get("promised_at"))):
        differences.append(f"a new date: {case.get('promised_at')}, expected: {expected.apology}")
    return differences


def judge_changes(expected: Expected, case: Mapping[str, Any]) -> list[str]:
    """Return how what has become of a case since differs from what should have.

    `case` is the answer of `GET /api/cases/{id}`. What a refused declaration costs is charged and
    refunded, or never charged: that depends on what payments hears first.
    """
    differences = []
    for procedure in case["procedures"]:
        name, found = procedure["name"], [one["change"] for one in procedure["afterwards"]]
        due = list(expected.changes.get(name, ()))
        if expected.outcome == "refused" and name in FEES and not due:
            found = [change for change in found if change != "refunded"]
        differences += [f"{name} since {found}, not {due}"] if found != due else []
    account = " ".join(each["en"] for each in case["account"])
    unsaid = [f"the page does not say: {said}" for said in expected.says if said not in account]
    return differences + unsaid


def _judge_reason(
    expected: Expected, procedures: Mapping[str, Mapping[str, Any]], cases: Mapping[str, str]
) -> list[str]:
    reasons = [
        procedure["reason"] for procedure in procedures.values() if procedure["state"] == "refused"
    ]
    codes = [reason and reason["code"] for reason in reasons]
    if expected.reason not in codes:
        return [f"refused as {codes}, not {expected.reason}"]
    if expected.refers_to is None:
        return []
    other = reasons[codes.index(expected.reason)].get("refers_to")
    if other != cases.get(expected.refers_to):
        return [f"refers to {other}, not to the case of {expected.refers_to}"]
    return []


def _because(procedure: Mapping[str, Any]) -> str:
    reason = procedure.get("reason")
    return f" ({reason['code']})" if reason else ""
