"""The written declarations are well-formed, say what they mean, and mean it on any day."""

import re
from collections import Counter
from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from contracts.catalogue import catalogue
from contracts.group import ProcedureGroup
from tests.fire import cast, words
from tests.fire.answers import Answer
from tests.fire.portal import FireError
from tests.fire.written import Expected, Written, judge_answer, judge_case, load

DAY = date(2026, 2, 28)
WRITTEN = load()
# The portal looks these up in the register of people; the form cannot tell.
LOOKED_UP = {
    "declarant",
    "form.deceased",
    "form.benefit.payee",
    "form.benefit.relatives.0.personal_id",
    "form.mother.personal_id",
    "form.evidence.personal_id",
    "form.household.owner",
}


def group(written: Written) -> ProcedureGroup:
    return catalogue().groups[written.declaration["group"]]


def wrong_fields(of: ProcedureGroup, form: dict[str, Any], day: date) -> list[str]:
    """Return the fields of the form's errors as the portal has to name them."""
    try:
        parsed = of.parse(form)
    except ValidationError as error:
        return ["form." + _field(problem, form) for problem in error.errors()]
    return [f"form.{each.field}" for each in parsed.faults(day)]


def _field(problem: Any, form: dict[str, Any]) -> str:
    if not problem["loc"]:
        return str(problem["msg"]).removeprefix("Value error, ").partition(":")[0]
    parts, here = [], form
    for part in problem["loc"][:-1]:
        if isinstance(here, dict) and part in here:  # else: the tag of a union
            parts.append(str(part))
            here = here[part]
    tag = [problem["ctx"]["discriminator"].strip("'")] if "union_tag" in problem["type"] else []
    return ".".join([*parts, str(problem["loc"][-1]), *tag])


@pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN.keys())
@pytest.mark.parametrize("day", [DAY, date(2028, 2, 29), date(2026, 12, 31)])
def test_the_form_is_valid_or_wrong_where_the_file_says(written: Written, day: date) -> None:
    declaration = words.resolve(written.declaration, run=3, day=day)
    fields = wrong_fields(group(written), declaration["form"], day)
    if fields:
        assert written.expected.field in fields
    else:
        assert written.expected.field is None or written.expected.field in LOOKED_UP


@pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN.keys())
def test_everybody_named_is_in_the_register_unless_that_is_the_point(written: Written) -> None:
    declaration = words.resolve(written.declaration, run=3, day=DAY)
    register = {person.personal_id: person for person in cast.everybody()}
    if wrong_fields(group(written), declaration["form"], DAY):
        return
    form = group(written).parse(declaration["form"])
    unknown = {*form.people(), declaration["declarant"]} - register.keys()
    living = {declaration["declarant"], *form.living().values()} - unknown
    dead = {id for id in living if register[id].deceased_on or id == died_before(written)}
    assert bool(unknown or dead) == (written.expected.status == 422)


def died_before(written: Written) -> str | None:
    """Return whose death the declaration was about that this one comes after."""
    before = WRITTEN[written.after].declaration if written.after else {"form": {}}
    died = words.resolve(before, run=3, day=DAY)["form"].get("deceased")
    return str(died) if died else None


@pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN.keys())
def test_expectations_are_complete(written: Written) -> None:
    expected = written.expected
    assert written.story.endswith(".")
    if expected.status == 422:
        assert expected.field
        assert not expected.results
        return
    form = group(written).parse(words.resolve(written.declaration, 3, DAY)["form"])
    if not expected.ends:
        assert "decided" not in expected.tasks.values(), "it must wait for somebody"
        assert expected.tasks or expected.asked
        return
    assert expected.results.keys() == {
        *group(written).bundle(form.circumstance(), date(2024, 1, 1))
    }
    assert bool(expected.reason) == (expected.outcome != "completed")
    assert (expected.fees_due is None) == (expected.outcome == "refused")
    if expected.refers_to:
        assert written.after == expected.refers_to


def test_the_cases_of_a_real_office_are_all_there() -> None:
    reasons = {written.expected.reason for written in WRITTEN.values()} - {None}
    readme = (cast.DECLARATIONS / "README.md").read_text(encoding="utf-8")
    described = set(re.findall(r"^\| `([a-z-]+)` \|", readme, re.MULTILINE))
    assert reasons == described
    assert Counter(group(written).name for written in WRITTEN.values()) >= Counter(
        birth=28, death=25
    )


def test_a_declaration_comes_after_the_one_it_waits_for() -> None:
    order = list(WRITTEN)
    for written in WRITTEN.values():
        assert written.after is None or order.index(written.after) < order.index(written.stem)


def test_files_that_wait_for_each_other_are_refused(tmp_path: Any) -> None:
    for stem, after in (("a", "b"), ("b", "a")):
        text = f'{{"title":"t","story":"s.","after":"{after}","declaration":{{}},"expected":{{}}}}'
        (tmp_path / f"{stem}.json").write_text(text, encoding="utf-8")
    with pytest.raises(FireError, match="waits for"):
        load(tmp_path)


def test_two_files_of_one_name_are_refused(tmp_path: Any) -> None:
    for folder in ("birth", "death"):
        (tmp_path / folder).mkdir()
        text = '{"title":"t","story":"s.","declaration":{},"expected":{}}'
        (tmp_path / folder / "same.json").write_text(text, encoding="utf-8")
    with pytest.raises(FireError, match="another declaration of this name"):
        load(tmp_path)


def test_a_file_that_is_not_of_the_form_is_named(tmp_path: Any) -> None:
    (tmp_path / "odd.json").write_text('{"title": "t", "tale": "s"}', encoding="utf-8")
    with pytest.raises(FireError, match=r"odd\.json"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("word", "day", "result"),
    [
        ("@today", DAY, "2026-02-28"),
        ("@today+1d", DAY, "2026-03-01"),
        ("@today-60d", DAY, "2025-12-30"),
        ("@today-6y", date(2028, 2, 29), "2022-02-28"),
        ("@today-6y+10d", DAY, "2020-03-09"),
        ("@today-6m", date(2026, 8, 31), "2026-02-28"),
        ("@today-1m", date(2026, 1, 15), "2025-12-15"),
        ("no word", DAY, "no word"),
        ("04/@run", DAY, "04/12"),
    ],
)
def test_words_become_what_they_mean(word: str, day: date, result: str) -> None:
    assert words.resolve({"a": [word, 3, None]}, 12, day) == {"a": [result, 3, None]}


@pytest.mark.parametrize("word", ["@todays", "@today-3w", "@notice", "@notice:A B"])
def test_words_that_are_none_are_refused(word: str) -> None:
    with pytest.raises(ValueError, match="neither a date"):
        words.resolve(word, 1, DAY)


def test_notices_are_the_same_in_a_run_and_others_in_the_next() -> None:
    code = words.notice_code("khoi", 1, DAY)
    assert re.fullmatch(r"99\d{3}\.GCS\.\d{5}\.26", code)
    assert code == words.notice_code("khoi", 1, DAY)
    assert len({words.notice_code("khoi", run, DAY) for run in range(200)}) == 200
    assert code != words.notice_code("han", 1, DAY)


def procedure(name: str, state: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "state": state, "reason": None, "result": None, **more}


EXPECTED = Expected(
    outcome="partial",
    results={"birth-registration": "granted", "permanent-residence-registration": "refused"},
    reason="owner-does-not-consent",
    fees_due=0,
    data={"birth-registration": {"late": False}},
)
REASON = {"code": "owner-does-not-consent", "refers_to": None}
RIGHT: dict[str, Any] = {
    "status": "partial",
    "procedures": [
        procedure("birth-registration", "granted", result={"late": False, "more": 1}),
        procedure("permanent-residence-registration", "refused", reason=REASON),
        procedure("fee-settlement", "granted", result={"due": 0}),
        procedure("joined-the-bundle-later", "granted"),
    ],
}


def test_a_case_as_expected_has_no_differences() -> None:
    assert judge_case(EXPECTED, RIGHT, {}) == []


@pytest.mark.parametrize(
    ("index", "change", "difference"),
    [
        (0, {"result": {"late": True}}, "late is True"),
        (0, {"result": None}, "late is None"),
        (1, {"state": "granted", "reason": None}, "granted, not refused"),
        (1, {"reason": {"code": "other"}}, "not owner-does-not-consent"),
        (2, {"result": {"due": 8000}}, "8000 VND due, not 0"),
        (3, {"state": "waiting"}, "joined-the-bundle-later waiting, not granted"),
        (0, {"name": "x"}, "birth-registration is not in the bundle"),
    ],
)
def test_differences_are_told(index: int, change: dict[str, Any], difference: str) -> None:
    procedures = [dict(one) for one in RIGHT["procedures"]]
    procedures[index] |= change
    found = judge_case(EXPECTED, {**RIGHT, "procedures": procedures}, {})
    assert any(difference in one for one in found), found


def test_another_outcome_is_the_only_difference_told() -> None:
    refused = procedure("birth-registration", "refused", reason={"code": "born-in-future"})
    found = judge_case(EXPECTED, {"status": "refused", "procedures": [refused]}, {})
    assert found == ["refused (born-in-future), not partial"]


def test_a_duplicate_must_refer_to_the_other_case() -> None:
    expected = Expected(outcome="refused", reason="duplicate-declaration", refers_to="first")
    reason = {"code": "duplicate-declaration", "refers_to": "case-1"}
    case = {"status": "refused", "procedures": [procedure("b", "refused", reason=reason)]}
    expected = expected.model_copy(update={"results": {"b": "refused"}})
    assert judge_case(expected, case, {"first": "case-1"}) == []
    assert judge_case(expected, case, {"first": "case-2"}) == [
        "refers to case-1, not to the case of first"
    ]


def test_a_problem_must_name_the_field() -> None:
    expected = Expected(status=422, field="form.mother")
    right = {"errors": [{"field": "form.child"}, {"field": "form.mother"}]}
    assert judge_answer(expected, Answer(422, problem=right)) == []
    assert judge_answer(expected, Answer(422, problem={"errors": []}))
    assert judge_answer(expected, Answer(202, case_id="c"))
    assert judge_answer(Expected(), Answer(0)) == ["answered no answer, not 202"]


IN_TIME: dict[str, Any] = {
    **RIGHT,
    "submitted_at": "2026-11-20T14:59:00+07:00",
    "due_at": "2026-11-26T17:00:00+07:00",
    "timeliness": "on-time",
    "promised_at": None,
}
"""Friday before the cut-off. Monday, Wednesday and Thursday are its days; Tuesday is public."""
LIMITED = EXPECTED.model_copy(update={"working_days": 3, "timeliness": "on-time", "apology": False})


def test_a_case_that_kept_its_time_limit_has_no_differences() -> None:
    assert judge_case(LIMITED, IN_TIME, {}) == []


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        ({"submitted_at": "2026-11-20T15:01:00+07:00"}, "due at 2026-11-26"),
        ({"due_at": "2026-11-25T17:00:00+07:00"}, "due at 2026-11-25"),
        ({"timeliness": "overdue"}, "overdue, not on-time"),
        ({"promised_at": "2026-11-27T17:00:00+07:00"}, "a new date: 2026-11-27"),
    ],
)
def test_another_time_limit_is_a_difference(change: dict[str, Any], difference: str) -> None:
    (found,) = judge_case(LIMITED, {**IN_TIME, **change}, {})
    assert found.startswith(difference)
