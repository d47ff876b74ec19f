"""A registered birth: what is remembered of it, its row, and what a correction makes of it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Self
from uuid import UUID

from contracts.birth.correction import BirthCorrection
from contracts.common.people import Child, Household
from contracts.compensation.events import BirthCorrected, CorrectionRequested
from contracts.model import Name, PersonalId
from services.chassis.procedure import Claim, Context, Record
from services.civil_status.second_thoughts import Entered, Objection


@dataclass(frozen=True, slots=True)
class Application:
    """A birth that passed the examination: what its registration will say."""

    child: Child
    household: Household | None
    bundle: tuple[Name, ...]
    late: bool
    province: str
    keys: tuple[str, ...]
    """What tells the child apart: two declarations that share one of these are of one child."""


class Birth(Entered):
    """A registered birth."""

    application: Application

    @property
    def province(self) -> str:
        """Whose office has it."""
        return self.application.province

    @property
    def persons(self) -> tuple[PersonalId, ...]:
        """Parents and the household's owner."""
        child, household = self.application.child, self.application.household
        parents = (each.personal_id for each in (child.mother, child.father) if each)
        owner = (household.owner,) if household else ()
        return (*(id for id in parents if id), *owner)

    @property
    def held(self) -> tuple[Claim, ...]:
        """The child, by all that tells it apart."""
        return child_claims(self.application.keys)

    def record(self, revoked_by: str | None = None) -> Record:
        """Return the row of the register of births."""
        return birth_record(self, revoked_by)

    def corrected(self, changes: dict[str, Any], context: Context) -> Self | Objection:
        """Return the birth with these changes, unless they make another child of it."""
        child, keys = self.application.child, self.application.keys
        after = child.with_(**BirthCorrection.model_validate(changes).model_dump(exclude_none=True))
        if after == child:
            return Objection("nothing-changes")
        if after.born_on.year != child.born_on.year:
            return Objection("identifier-would-change")
        if after.born_on > self.registered_on:
            return Objection("corrected-after-registration")
        # What it was known by is kept: a declaration that repeats the mistake is of this child too.
        known = (born_on(key, child.born_on, after.born_on) for key in keys)
        more = child_claims(key for key in known if key not in keys)
        holders = context.claim(*more)
        if any(holders):
            won = (claim for claim, holder in zip(more, holders, strict=True) if holder is None)
            return Objection("child-of-another-case", tuple(won))
        all_keys = (*keys, *(claim.key for claim in more))
        return self.with_(application=replace(self.application, child=after, keys=all_keys))

    def told(self, act: CorrectionRequested, request: UUID, before: Self) -> BirthCorrected:
        """Say what is different, with the child as it is now."""
        was, now = before.application.child, self.application.child
        return BirthCorrected(
            request=request,
            by=act.official.signatory,
            registration_number=self.number,
            decision_number=act.decision_number,
            corrected=tuple(name for name, value in now if value != vars(was)[name]),
            child=now,
            registered_on=self.registered_on,
        )


def born_on(key: str, day: date, corrected: date) -> str:
    """Return the key of a child who was born on another day, where the key names the day."""
    return key.replace(f"/{day}/", f"/{corrected}/")


def child_claims(keys: Iterable[str]) -> tuple[Claim, ...]:
    """Return what is claimed of a child."""
    return tuple(Claim("child", key) for key in keys)


def birth_record(birth: Birth, revoked_by: str | None) -> Record:
    """Return the row of the register of births; dates as ISO text."""
    child = birth.application.child
    return Record(
        "births",
        birth.number,
        {
            "registered_on": birth.registered_on.isoformat(),
            "revoked_by": revoked_by,
            "late": birth.application.late,
            "full_name": child.full_name,
            "sex": child.sex,
            "born_on": child.born_on.isoformat(),
            "birth_order": child.birth_order,
            "country": child.place.country,
            "province": child.place.province,
            "mother": child.mother.full_name if child.mother else None,
            "mother_id": child.mother.personal_id if child.mother else None,
            "father": child.father.full_name if child.father else None,
            "father_id": child.father.personal_id if child.father else None,
        },
    )
