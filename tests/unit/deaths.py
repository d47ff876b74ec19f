"""Deaths to test with: one ordinary declaration, of which a test changes what it is about."""

from datetime import UTC, date, datetime
from typing import Any

from contracts.common.events import DeclarationSubmitted
from contracts.common.people import Person
from contracts.death.events import DeathRegistered
from contracts.death.process import GROUP
from contracts.people.events import PersonDeceased
from services.chassis.procedure import Procedure
from tests.unit.driver import Desk, World

DECEASED, WIDOW, SON = "034054000001", "034158000002", "034080000003"
TODAY = date(2026, 11, 20)
RECEIVED = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
BUNDLE = GROUP.bundle("usual", TODAY)
ACCOUNT = {"method": "bank-account", "bank": "Vietcombank", "account_number": "0101000248613"}
ALLOWANCE: dict[str, Any] = {
    "kind": "funeral-allowance",
    "insurance_number": "3398004512",
    "basis": "contributions",
    "contribution_months": 318,
    "payee": WIDOW,
    "relatives": [{"personal_id": SON, "consents": True}],
    "payout": ACCOUNT,
}
SUPPORT: dict[str, Any] = {
    "kind": "burial-support",
    "ground": "social-assistance",
    "payee": WIDOW,
    "payout": {"method": "cash", "office": "Ủy ban nhân dân xã Kiến Xương"},
}


def person(personal_id: str, name: str, **changes: Any) -> Person:
    """Return a person of the register."""
    fields = {
        "personal_id": personal_id,
        "full_name": name,
        "sex": "male",
        "born_on": "1954-08-17",
        "province": "33",
        "commune": "Xã Kiến Xương",
        "address": "Thôn Nam",
        "household_owner": DECEASED,
    }
    return Person.model_validate(fields | changes)


def people(**changes: Any) -> dict[str, Person]:
    """Return everybody by identifier; the changes are those of the deceased."""
    return {
        DECEASED: person(DECEASED, "Phạm Văn Lợi", **changes),
        WIDOW: person(WIDOW, "Vũ Thị Hạnh", sex="female", born_on="1958-02-03"),
        SON: person(SON, "Phạm Văn Sơn", born_on="1980-12-24"),
    }


def notice(**changes: Any) -> dict[str, Any]:
    """Return a death notice, by the hospital."""
    fields = {
        "kind": "death-notice",
        "issuer": "hospital",
        "issued_by": "Bệnh viện Đa khoa Thái Bình",
        "number": "217/GBT",
        "issued_on": "2026-11-16",
    }
    return fields | changes


def form(**changes: Any) -> dict[str, Any]:
    """Return a form: died of an illness in hospital, with all procedures asked for."""
    fields: dict[str, Any] = {
        "relation": "spouse",
        "deceased": DECEASED,
        "died_on": "2026-11-16",
        "place": {"kind": "hospital", "province": "33", "detail": "Bệnh viện Đa khoa Thái Bình"},
        "cause": "illness",
        "evidence": notice(),
        "benefit": ALLOWANCE,
    } | changes
    return {name: value for name, value in fields.items() if value is not None}


def submitted(of: dict[str, Any] | None = None, **changes: Any) -> DeclarationSubmitted:
    """Return the declaration of a form, by default by the widow, on the portal."""
    fields: dict[str, Any] = {
        "group": "death",
        "declarant": WIDOW,
        "channel": "portal",
        "province": "33",
        "received_at": RECEIVED,
        "bundle": BUNDLE,
        "form": of if of is not None else form(),
        "people": people(),
    }
    return DeclarationSubmitted.model_validate(fields | changes)


def registered(**changes: Any) -> DeathRegistered:
    """Return a registered death."""
    fields: dict[str, Any] = {
        "registration_number": "KT-33-2026-00000042",
        "registered_on": TODAY,
        "late": False,
        "deceased": people()[DECEASED],
        "died_on": date(2026, 11, 16),
        "place": "hospital",
        "cause": "illness",
        "issuer": "hospital",
        "province": "33",
        "benefit": ALLOWANCE,
        "bundle": BUNDLE,
    }
    return DeathRegistered.model_validate(fields | changes)


def deceased(**changes: Any) -> PersonDeceased:
    """Return the news that the person is marked deceased."""
    fields: dict[str, Any] = {
        "personal_id": DECEASED,
        "deceased_on": date(2026, 11, 16),
        "registration_number": "KT-33-2026-00000042",
    }
    return PersonDeceased.model_validate(fields | changes)


def desk(
    procedure: Procedure[Any], rules: Any, case: str = "case-1", world: World | None = None
) -> Desk:
    """Return the desk of a case of a death."""
    return Desk(procedure, rules, case, world=world or World(), group="death")
