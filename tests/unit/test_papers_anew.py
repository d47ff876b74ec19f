"""What was corrected is given anew: the newest version holds, and the one before is superseded."""

import asyncio
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from contracts.birth.process import BIRTH, HEALTH_CARD, IDENTITY_CARD, RESIDENCE
from contracts.catalogue import catalogue
from contracts.compensation.events import (
    BirthCorrected,
    DeathCorrected,
    HealthCardCorrected,
    RegistrationRevoked,
)
from contracts.death.process import DEATH
from contracts.model import Text
from infra import judging
from infra.verifying import Verifier
from services.civil_status import birth, death
from services.civil_status.rules import RULES as CIVIL_STATUS
from services.population import birth as population
from services.population.rules import RULES as POPULATION
from services.portal.problems import Problem
from services.portal.results import affecting
from services.residence import birth as residence
from services.residence.rules import RULES as RESIDENCES
from services.social_insurance import birth as health_card
from services.social_insurance.rules import RULES as SOCIAL_INSURANCE
from tests.contract.samples import message
from tests.unit import deaths
from tests.unit.births import identified, registered, settled, submitted
from tests.unit.driver import Desk
from tests.unit.officials import official
from tests.unit.papers import ADDRESS, Counter, Office
from tests.unit.requests import correction, revocation
from tests.unit.signed import Registry, sample
from tests.unit.test_printing import text_of

REGISTRAR = official()
TO_BIRTH = correction(BIRTH, {"full_name": "Trần Gia Khoa", "born_on": "2026-11-09"})
TO_DEATH = correction(DEATH, {"died_on": "2026-11-15"})


def births(*more: Any) -> Desk:
    """Return the desk of civil status after a birth, its correction, and what comes then."""
    desk = Desk(birth.registration, CIVIL_STATUS)
    for entry, event in enumerate((submitted(), TO_BIRTH, *more), 1):
        desk.hear(event, entry)
    return desk


CORRECTED = births().said(BirthCorrected)
REVOKED = births(revocation(BIRTH)).said(RegistrationRevoked)
OFFICES = {
    "birth": Office(birth.registration, CIVIL_STATUS, (submitted(), TO_BIRTH), BIRTH),
    "death": Office(
        death.registration, CIVIL_STATUS, (deaths.submitted(), TO_DEATH), DEATH, "death"
    ),
    "residence": Office(
        residence.registration, RESIDENCES, (settled(), identified(), CORRECTED), RESIDENCE
    ),
    "card": Office(
        health_card.health_card, SOCIAL_INSURANCE, (identified(), CORRECTED), HEALTH_CARD
    ),
    "identity": Office(
        population.identification, POPULATION, (registered(), CORRECTED), IDENTITY_CARD
    ),
}
each_office = pytest.mark.parametrize("office", OFFICES.values(), ids=OFFICES)


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    """Agencies with keys, and an official with one."""
    found = Registry(tmp_path_factory.mktemp("authority"))
    found.authority.enrol(REGISTRAR)
    return found


def given(counter: Counter, office: Office) -> tuple[str, list[int]]:
    """Return the number of what an agency gives, and its versions, the earliest first."""
    counter.hears_of(office)
    rows = counter.file.items()
    keys = sorted(key for key, row in rows if row["procedure"] == office.procedure_name)
    (number,) = {key.rpartition("/")[0] for key in keys}
    return number, [int(key.rpartition("/")[2]) for key in keys]


def labels(told: dict[str, Any]) -> list[str]:
    return [line["label"]["en"] for line in told["lines"]]


@each_office
def test_the_newest_version_holds_and_the_one_before_is_superseded(
    registry: Registry, office: Office
) -> None:
    counter = Counter(registry)
    number, (before, after) = given(counter, office)
    newest = counter.get(f"/api/results/{number}").json()
    assert (newest["number"], newest["version"], newest["state"]) == (number, after, "valid")
    assert (newest["superseded_at"], newest["revoked_at"]) == (None, None)
    first = counter.get(f"/api/results/{number}?version={before}").json()
    assert (first["number"], first["version"], first["state"]) == (number, before, "superseded")
    assert first["superseded_at"] == newest["signed"]["at"]
    assert first["jws"] != newest["jws"]
    assert labels(newest) == labels(first), "all that the paper prints"
    assert counter.get(f"/api/results/{number}?version={after}").json() == newest
    for told, query in ((newest, ""), (first, f"?version={before}")):
        said = counter.get(f"/api/verify/{number}{query}").json()
        assert said == {name: told[name] for name in said}


@each_office
def test_a_correction_is_signed_by_the_official_and_what_follows_by_the_agency(
    registry: Registry, office: Office
) -> None:
    counter = Counter(registry)
    number, _ = given(counter, office)
    signed = counter.get(f"/api/verify/{number}").json()["signed"]
    owner = catalogue().groups[office.group].procedure(office.procedure_name).owner
    who = REGISTRAR.name if owner == "civil-status" else None
    assert (signed["agency"], signed["official"]) == (owner, who)


@pytest.mark.parametrize(
    ("office", "label", "values"),
    [
        ("birth", "Full name", ("Trần Gia Khôi", "Trần Gia Khoa")),
        ("death", "Died on", ("16/11/2026", "15/11/2026")),
        ("card", "Valid from", ("10/11/2026", "09/11/2026")),
    ],
)
def test_each_version_prints_what_it_says(
    registry: Registry, office: str, label: str, values: tuple[str, str]
) -> None:
    counter = Counter(registry)
    number, versions = given(counter, OFFICES[office])
    for version, value in zip(versions, values, strict=True):
        told = counter.get(f"/api/results/{number}?version={version}").json()
        shown = {line["label"]["en"]: line["value"]["vi"] for line in told["lines"]}
        assert shown[label] == value


def test_the_pdf_of_what_is_superseded_says_so_on_its_face(registry: Registry) -> None:
    counter = Counter(registry)
    number, (before, _) = given(counter, OFFICES["birth"])
    first = text_of(counter.get(f"/api/results/{number}.pdf?version={before}").content)
    newest = text_of(counter.get(f"/api/results/{number}.pdf").content)
    assert "ĐÃ ĐƯỢC CẢI CHÍNH ngày 20/11/2026 / SUPERSEDED" in first
    assert "SUPERSEDED" not in newest
    assert f"/api/verify/{number}?version={before}" in first, "the code leads to this version"


@pytest.mark.parametrize("form", ["pdf", "json", "jws"])
def test_the_command_asks_about_the_version_that_the_file_is_of(
    registry: Registry,
    form: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    counter = Counter(registry)
    monkeypatch.setattr(judging, "_ask", counter.get)
    office, file = OFFICES["birth"], tmp_path / f"paper.{form}"
    keys = tmp_path / "jwks.json"
    keys.write_text(registry.authority.jwks.read_text(), encoding="utf-8")

    def fetched(number: str) -> bytes:
        if form == "pdf":
            return counter.get(f"/api/results/{number}.pdf").content
        answer = counter.get(f"/api/results/{number}")
        return answer.content if form == "json" else answer.json()["jws"].encode()

    def judged() -> tuple[bool, str]:
        authority = registry.authority.certificate
        holds = judging.judge(file, ADDRESS, authority, keys, offline=False)
        return holds, capsys.readouterr().out

    number, _ = given(counter, office._replace(heard=office.heard[:1]))
    file.write_bytes(fetched(number))
    assert judged()[0]
    given(counter, office)
    holds, said = judged()
    assert not holds
    assert said.startswith("Superseded: ")
    assert "a newer version" in said
    file.write_bytes(fetched(number))
    holds, said = judged()
    assert holds
    assert said.startswith("Valid: ")
    assert "Trần Gia Khoa" in said


def test_of_several_corrections_the_last_one_holds(registry: Registry) -> None:
    counter, office = Counter(registry), OFFICES["birth"]
    again = correction(BIRTH, {"full_name": "Trần Gia Khánh"})
    number, versions = given(counter, office._replace(heard=(*office.heard, again)))
    states = [counter.get(f"/api/verify/{number}?version={version}").json() for version in versions]
    assert [each["state"] for each in states] == ["superseded", "superseded", "valid"]
    first, second, third = states
    assert first["superseded_at"] == second["signed"]["at"]
    assert second["superseded_at"] == third["signed"]["at"]


@pytest.mark.parametrize("order", list(permutations((CORRECTED, REVOKED))))
def test_what_is_void_stays_void_however_it_is_corrected(
    registry: Registry, order: tuple[Any, ...]
) -> None:
    """A void card is corrected all the same: it has a premium, of the time before."""
    counter = Counter(registry)
    number, versions = given(counter, OFFICES["card"]._replace(heard=(identified(), *order)))
    assert len(versions) == 2
    for version in versions:
        told = counter.get(f"/api/verify/{number}?version={version}").json()
        assert told["state"] == "revoked"
        assert told["reason"]["code"] == "revoked-by-court"


def test_what_is_granted_anew_after_it_was_void_holds() -> None:
    spec = catalogue().groups["birth"].procedure(HEALTH_CARD)
    issued = [{"_id": f"TE1/{entry:06d}", "type": "issued"} for entry in (5, 1)]
    void = {"_id": "case-1/card/000003", "becomes": "revoked"}
    assert affecting(spec, issued, [void]) is None
    assert affecting(spec, issued[1:], [void]) == void
    put_right = {"_id": "TE1/000007", "type": HealthCardCorrected.type}
    assert affecting(spec, [put_right, *issued], [void]) is None


def test_a_version_that_is_not_there_is_told(registry: Registry) -> None:
    counter = Counter(registry)
    number, (_, after) = given(counter, OFFICES["birth"])
    for version in (0, after + 1):
        with pytest.raises(Problem, match="has no such version"):
            asyncio.run(counter.documents.result(number, version))


def test_one_version_does_not_stand_in_for_another(registry: Registry) -> None:
    """Whoever has the portal's database could put the earlier one in the place of the newest."""
    counter = Counter(registry)
    number, (before, after) = given(counter, OFFICES["birth"])
    rows = counter.file
    rows[f"{number}/{after:06d}"] = rows[f"{number}/{before:06d}"]
    told = counter.get(f"/api/verify/{number}").json()
    assert (told["state"], told["signed"]) == ("invalid", None)


def test_a_correction_of_before_is_read_and_shows_what_it_has(registry: Registry) -> None:
    """Those that were published had neither the day of registration nor who had died."""
    said = message(DeathCorrected.type)["data"]
    more = ("registered_on", "deceased", "place", "cause")
    old = DeathCorrected.model_validate({k: v for k, v in said.items() if k not in more})
    assert {getattr(old, name) for name in more} == {None}
    assert old.model_dump(mode="json", exclude_none=True).keys() == said.keys() - set(more)
    jws = registry.sign(sample(DeathCorrected.type, **dict.fromkeys(more)))
    authority = registry.portal.authority
    assert authority is not None
    lines = Verifier(authority, registry.portal.published).file(jws.encode()).lines
    assert [line.label for line in lines][-1] == Text(vi="Ngày chết", en="Died on")
