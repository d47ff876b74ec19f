"""Births to test with: one ordinary declaration, of which a test changes what it is about."""

from datetime import UTC, date, datetime
from typing import Any

from contracts.birth.events import BirthRegistered
from contracts.birth.process import IDENTITY_CARD, USUAL
from contracts.common.events import DeclarationSubmitted, FeeSettled, PersonIdentified
from contracts.common.people import Child, Household, Parent, Person, Place

MOTHER, FATHER, GRANDMOTHER = "001196000001", "001095000002", "001166000003"
TODAY = date(2026, 11, 20)
RECEIVED = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
BUNDLE = (*USUAL, IDENTITY_CARD)
NOTICE = {"kind": "hospital-notice", "code": "01001.GCS.00042.26"}
HOME: dict[str, Any] = {
    "owner": FATHER,
    "province": "01",
    "commune": "Phường Kim Liên",
    "address": "Số 12, ngõ 4C Đặng Văn Ngữ",
    "owner_consents": True,
}
CHILD: dict[str, Any] = {
    "full_name": "Trần Gia Khôi",
    "sex": "male",
    "born_on": "2026-11-10",
    "birth_order": 1,
    "place": {"country": "VN", "province": "01", "detail": "Bệnh viện Phụ sản Hà Nội"},
    "hometown": "Nam Định",
}


def person(personal_id: str, name: str, **changes: Any) -> Person:
    """Return a person of the register."""
    fields = {
        "personal_id": personal_id,
        "full_name": name,
        "sex": "female",
        "born_on": "1996-03-14",
        "province": "01",
        "commune": "Phường Kim Liên",
        "address": "Số 12, ngõ 4C Đặng Văn Ngữ",
    }
    return Person.model_validate(fields | changes)


def people(**changes: Any) -> dict[str, Person]:
    """Return mother and father by identifier; `mother=` and `father=` change them."""
    mother = person(MOTHER, "Nguyễn Thị Hồng Nhung", **changes.get("mother", {}))
    father = person(FATHER, "Trần Quốc Bảo", **({"sex": "male"} | changes.get("father", {})))
    return {MOTHER: mother, FATHER: father}


def form(child: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """Return a form: married parents, born in hospital. A field set to None is left out."""
    fields: dict[str, Any] = {
        "relation": "mother",
        "child": CHILD | (child or {}),
        "mother": {"personal_id": MOTHER},
        "father": {"personal_id": FATHER},
        "parents_married": True,
        "evidence": NOTICE,
        "household": HOME,
    } | changes
    return {name: value for name, value in fields.items() if value is not None}


def submitted(of: dict[str, Any] | None = None, **changes: Any) -> DeclarationSubmitted:
    """Return the declaration of a form, by default by the mother, on the portal, in Ha Noi."""
    fields: dict[str, Any] = {
        "group": "birth",
        "declarant": MOTHER,
        "channel": "portal",
        "province": "01",
        "received_at": RECEIVED,
        "bundle": BUNDLE,
        "form": of if of is not None else form(),
        "people": people(),
    }
    return DeclarationSubmitted.model_validate(fields | changes)


def child(**changes: Any) -> Child:
    """Return a registered child."""
    fields: dict[str, Any] = {
        "full_name": "Trần Gia Khôi",
        "sex": "male",
        "born_on": date(2026, 11, 10),
        "place": Place(country="VN", province="01", detail="Bệnh viện Phụ sản Hà Nội"),
        "ethnicity": "Kinh",
        "hometown": "Nam Định",
        "mother": Parent(
            full_name="Nguyễn Thị Hồng Nhung",
            born_on=date(1996, 3, 14),
            nationality="VN",
            personal_id=MOTHER,
        ),
        "father": Parent(
            full_name="Trần Quốc Bảo",
            born_on=date(1995, 7, 2),
            nationality="VN",
            personal_id=FATHER,
        ),
    }
    return Child.model_validate(fields | changes)


def household(**changes: Any) -> Household:
    """Return the household that the child joins."""
    return Household.model_validate(HOME | changes)


def registered(**changes: Any) -> BirthRegistered:
    """Return a registered birth."""
    fields: dict[str, Any] = {
        "registration_number": "KS-01-2026-00000042",
        "registered_on": TODAY,
        "late": False,
        "child": child(),
        "household": household(),
        "bundle": BUNDLE,
    }
    return BirthRegistered.model_validate(fields | changes)


def identified(**changes: Any) -> PersonIdentified:
    """Return an identified child."""
    fields: dict[str, Any] = {
        "personal_id": "001226000007",
        "registration_number": "KS-01-2026-00000042",
        "child": child(),
        "household": household(),
        "bundle": BUNDLE,
    }
    return PersonIdentified.model_validate(fields | changes)


def settled(**changes: Any) -> FeeSettled:
    """Return settled fees."""
    fields: dict[str, Any] = {
        "receipt_number": "BL-2026-1",
        "lines": (),
        "due": 0,
        "waived": 0,
        "method": "online",
    }
    return FeeSettled.model_validate(fields | changes)


FOREIGN_PLACE = {"country": "JP", "detail": "Tokyo"}
FOREIGN_MOTHER = {
    "details": {
        "full_name": "Anna Maria Schmidt",
        "born_on": "1994-05-06",
        "nationality": "DE",
        "document_number": "C01X00T47",
    }
}


def foundling(posted_on: date, **changes: Any) -> dict[str, Any]:
    """Return the form of an abandoned child's carer."""
    evidence = {
        "kind": "foundling-record",
        "record_number": "04/BB-TEBR",
        "commune": "Phường Trấn Biên",
        "posted_on": posted_on.isoformat(),
    }
    fields: dict[str, Any] = {
        "relation": "carer",
        "mother": None,
        "father": None,
        "parents_married": False,
        "evidence": evidence,
    }
    return form(**(fields | changes))


def abroad(**changes: Any) -> dict[str, Any]:
    """Return the form of a child born in Japan."""
    fields: dict[str, Any] = {
        "child": {"place": FOREIGN_PLACE},
        "evidence": {"kind": "foreign-certificate", "country": "JP", "number": "JP 77"},
        "household": None,
    }
    return form(**(fields | changes))


def commitment(signed_on: str) -> dict[str, Any]:
    """Return the evidence of a birth at home without a witness."""
    return {"kind": "commitment", "signed_on": signed_on}


ALONE: dict[str, Any] = {"parents_married": False, "father": None}
MOTHERS_NAME = {"full_name": "Nguyễn Gia Khôi"}
