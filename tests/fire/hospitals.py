"""Playing the hospital of a written declaration: it signs and sends a notice of the birth."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Literal

from contracts.birth_notice.form import BirthNotice
from contracts.model import Input
from infra.hospitals import declaration_of
from infra.issuer import Issuer
from tests.fire import words
from tests.fire.portal import Item, Portal

MIDWIFE = "001185990000"
"""Who sends what hospitals sign."""


class Hospital(Input):
    """The notice that a hospital gives of a birth, and what the family makes of it.

    `takes` is whether the family declares what is then proposed to it, with the rest filled in.
    """

    notice: dict[str, Any]
    when: Literal["before", "after"] = "before"
    """Before the family declares the birth, or when its case has ended."""
    takes: bool = False
    corrects: dict[str, Any] | None = None
    """What is otherwise in a notice that the hospital gives first, and then replaces by this."""

    def said(self, run: int, day: date) -> dict[str, Any]:
        """Return the notice with its words replaced."""
        found: dict[str, Any] = words.resolve(self.notice, run, day)
        return found


class Hospitals:
    """Hospitals at a portal, and what it proposes after their notices."""

    def __init__(self, portal: Portal, issuer: Path, run: int, day: date) -> None:
        self._portal, self._issuer = portal, Issuer(issuer)
        self._run, self._day = run, day
        self.given = 0
        """How many notices the portal has taken."""

    async def believed(self) -> bool:
        """Say whether the portal can verify what somebody signed: it publishes the keys."""
        answer = await self._portal.answer("GET", "/.well-known/jwks.json")
        return answer.is_success and bool(answer.json()["keys"])

    async def give(self, key: str, hospital: Hospital) -> list[str]:
        """Send the notice, wait until it is recorded, and return what came differently."""
        notice = hospital.said(self._run, self._day)
        if hospital.corrects is not None:
            wrong = words.resolve({**notice, **hospital.corrects}, self._run, self._day)
            problems = await self._send(f"{key}-wrong", wrong)
            if problems:
                return problems
            notice = {**notice, "replaces": wrong["code"]}
        problems = await self._send(key, notice)
        # The page of the notice is a moment ahead of what the portal proposes by it.
        mother = BirthNotice.model_validate(notice).registered_mother.personal_id or ""
        if not problems and not await self._portal.until(
            lambda: self._proposal(mother, notice["code"])
        ):
            return ["the hospital's notice: nothing is proposed"]
        return problems

    async def _send(self, key: str, notice: dict[str, Any]) -> list[str]:
        declared = declaration_of(self._issuer.authority, notice, MIDWIFE)
        answer = (await self._portal.declare([Item(f"{key}-notice", declared)]))[0]
        if not answer.case_id:
            return [f"the hospital's notice: answered {answer.sentence()}"]
        self.given += 1
        id = answer.case_id
        case = await self._portal.until(
            lambda: self._portal.case(id), lambda case: case["completed_at"]
        )
        return [] if case["status"] == "completed" else [f"the hospital's notice: {case['status']}"]

    async def filled_in(
        self, hospital: Hospital, declaration: dict[str, Any]
    ) -> tuple[dict[str, Any], list[str]]:
        """Return the declaration as the family sends it, and what should not be as it is: what is
        proposed, where it takes that, with all that the file fills in besides."""
        if not hospital.takes:
            return declaration, []
        code = hospital.said(self._run, self._day)["code"]
        declarant = declaration["declarant"]
        proposed = await self._portal.until(lambda: self._proposal(declarant, code))
        if proposed is None:
            return declaration, ["nothing is proposed"]
        form = filled(proposed["form"], declaration["form"])
        problems = [] if form == declaration["form"] else ["another form is proposed"]
        return {**declaration, "group": proposed["group"], "form": form}, problems

    async def proposed(
        self, hospital: Hospital, declaration: dict[str, Any], expected: bool
    ) -> list[str]:
        """Return whether the declarant is still asked to declare it, if that should not be so."""
        code = hospital.said(self._run, self._day)["code"]

        async def still() -> bool:
            found = await self._proposal(declaration["declarant"], code)
            return found is not None and found["state"] == "open"

        found = await self._portal.until(still, lambda so: so == expected)
        return [] if found == expected else [f"proposed: {found}, not {expected}"]

    async def _proposal(self, person: str, code: str) -> dict[str, Any] | None:
        token = self._issuer.citizen(person)
        answer = await self._portal.answer(
            "GET", "/api/proposals", headers={"Authorization": f"Bearer {token}"}
        )
        found = answer.json()["proposals"]
        return next((each for each in found if each["key"] == code), None)


def filled(proposed: Any, ours: Any) -> Any:
    """Return what is proposed with what was left out, at any depth; nothing of it is changed."""
    if not isinstance(proposed, dict) or not isinstance(ours, Mapping):
        return proposed
    return {
        **{name: value for name, value in ours.items() if name not in proposed},
        **{name: filled(value, ours.get(name)) for name, value in proposed.items()},
    }
