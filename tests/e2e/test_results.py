"""Results on the whole system: signed by who decided, verified by others' programs, and revoked."""

import json
from base64 import b64decode
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import jwt
import pytest
from asn1crypto import pem
from asn1crypto.x509 import Certificate
from cryptography import x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from contracts.birth.process import RESIDENCE
from contracts.catalogue import catalogue
from contracts.common.calendar import local_date
from infra.local import Stack
from services.chassis.journal import filed_in
from services.portal.results import RESULTS, numbered, versions
from tests.e2e.city import FAMILIES, City
from tests.e2e.results import CLERK, REGISTRAR, Counter, Given, database
from tests.fire.births import Births
from tests.fire.deaths import Deaths
from tests.fire.declared import Declared

POLICY = f"""
[[approval.{RESIDENCE}]]
from = 2022-01-01
value = "review"
source = "a test"
confidence = "low"
"""


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """The six services, where an official decides about every residence."""
    rules = tmp_path_factory.mktemp("rules")
    (rules / "residence.toml").write_text(POLICY, encoding="utf-8")
    environment = {"ONESTOP_RULES": str(rules)}
    with Stack(tmp_path_factory.mktemp("city"), environment=environment) as stack:
        city = City(stack)
        assert city.import_people().status == 0
        yield city


@pytest.fixture(scope="module")
def counter(city: City) -> Iterator[Counter]:
    counter = Counter(city)
    yield counter
    counter.http.close()


def whole(some: Declared, field: str) -> bool:
    """Return whether every procedure of the bundle will be granted."""
    return some.outcome == "completed" and some.declaration["form"].get(field) is not None


@pytest.fixture(scope="module")
def given(counter: Counter) -> list[Given]:
    """All documents of a birth and of a death."""
    today = datetime.now(UTC).date()
    births = Births(today, FAMILIES).sequence(0, 40)
    deaths = Deaths(today, FAMILIES).sequence(0, 40)
    birth = next(each for each in births if whole(each, "household"))
    death = next(each for each in deaths if whole(each, "benefit"))
    found: list[Given] = []
    for some in (birth, death):
        case = counter.declared(some)
        specs = {spec.name: spec for spec in catalogue().groups[case["group"]].procedures}
        for procedure in case["procedures"]:
            spec = specs[procedure["name"]]
            fields = {document.number for document in spec.documents.values()}
            signed_by = CLERK.name if spec.name == RESIDENCE else None
            for field in fields:
                about = (spec.name, spec.owner, signed_by, case["case_id"])
                found.append(Given(str(procedure["result"][field]), *about))
    return found


def on_file(counter: Counter) -> list[dict[str, Any]]:
    """Return all that the portal has on file, of every number and version: each once."""
    rows = counter.city.rows("portal", "journal")
    keys = [each["key"] for row in rows for each in row.get("filed", ())]
    assert len(keys) == len(set(keys))
    return filed_in(rows, RESULTS)


def test_every_agency_gives_what_it_has_to(given: list[Given]) -> None:
    assert [each.procedure for each in given] == [
        "birth-registration",
        "permanent-residence-registration",
        "health-insurance-card",
        "fee-settlement",
        "child-identity-card",
        "death-registration",
        "permanent-residence-removal",
        "funeral-benefit",
        "death-fee-settlement",
    ]


def test_each_is_signed_by_who_decided(counter: Counter, given: list[Given]) -> None:
    for each in given:
        found = counter.result(each.number)
        assert (found["state"], found["number"], found["case_id"]) == (
            "valid",
            each.number,
            each.case,
        ), found
        signed = found["signed"]
        assert (signed["agency"], signed["official"]) == (each.agency, each.official)
        told = counter.http.get(f"/api/verify/{each.number}").json()
        assert told == {name: found[name] for name in told}
        assert not {"jws", "lines", "case_id"} & set(told), "nothing of what it says"


def test_other_programs_find_each_signature_valid(counter: Counter, given: list[Given]) -> None:
    """PyJWT by the published keys, and `cryptography` by the authority's certificate."""
    keys = jwt.PyJWKSet.from_dict(counter.http.get("/.well-known/jwks.json").json())
    authority = counter.city.stack.issuer.authority
    root = x509.load_pem_x509_certificate(authority.certificate.read_bytes())
    for each in given:
        found = counter.result(each.number)
        kid = jwt.get_unverified_header(found["jws"])["kid"]
        content = jwt.PyJWS().decode(found["jws"], keys[kid].key, ["EdDSA"])
        event = json.loads(content)
        assert event["subject"] == each.case
        assert each.number in event["data"].values()
        certificate = x509.load_der_x509_certificate(b64decode(found["jwk"]["x5c"][0]))
        certificate.verify_directly_issued_by(root)
        assert certificate.public_key() == keys[kid].key


def test_what_the_portal_keeps_is_what_the_agency_stored(
    counter: Counter, given: list[Given]
) -> None:
    rows = {row["_id"]: row for row in on_file(counter)}
    assert len(rows) == len(given)
    for each in given:
        entries = counter.city.rows(each.agency, "journal")
        stored = [
            (event["value"], event["signature"], entry["n"])
            for entry in entries
            for event in entry["events"]
            if entry["case_id"] == each.case and "signature" in event
        ]
        kept = [(row["content"], row["signature"]) for row in rows.values()]
        assert all((value, signature) in kept for value, signature, _ in stored)
        assert any(numbered(each.number, n) in rows for _, _, n in stored)


def test_published_again_it_is_the_same(counter: Counter, given: list[Given]) -> None:
    def signed() -> list[tuple[Any, ...]]:
        said = counter.city.messages("civil-status.events")
        headed = [(message.value, dict(message.headers)) for message in said]
        return [(value, head["signature"]) for value, head in headed if "signature" in head]

    before = signed()
    done = counter.city.onestop("journal", "republish", "--service", "civil-status", "--all")
    assert done.status == 0, done
    after = signed()
    assert (len(after), set(after)) == (2 * len(before), set(before))
    assert counter.city.onestop("journal", "verify").status == 0
    assert len(on_file(counter)) == len(given)


def test_the_command_and_pyhanko_find_every_file_valid(
    counter: Counter, given: list[Given], tmp_path: Path
) -> None:
    data = str(counter.city.stack.data)
    root = counter.city.stack.issuer.authority.certificate.read_bytes()
    trusted = Certificate.load(pem.unarmor(root)[2])
    for each in given:
        found = counter.http.get(f"/api/results/{each.number}")
        answer = counter.http.get(f"/api/results/{each.number}.pdf")
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/pdf"
        again = counter.http.get(f"/api/results/{each.number}.pdf")
        assert again.content == answer.content
        (signature,) = PdfFileReader(BytesIO(answer.content)).embedded_signatures
        context = ValidationContext(trust_roots=[trusted], allow_fetching=False)
        status = validate_pdf_signature(signature, context)
        assert status.bottom_line, status.summary()
        forms = {
            "result.pdf": answer.content,
            "result.json": found.content,
            "result.jws": found.json()["jws"].encode(),
        }
        # The command takes seconds to start: of the first in every form, of the others the PDF.
        for name, content in list(forms.items())[: 3 if each is given[0] else 1]:
            (tmp_path / name).write_bytes(content)
            done = counter.city.onestop("verify", str(tmp_path / name), "--data", data)
            assert done.status == 0, done
            who = f"{each.official}, official of {each.agency}" if each.official else each.agency
            assert f"signed by {who} on " in done.out
            assert each.number in done.out
            assert "Not revoked" in done.out


VOID = [
    *("birth-registration", "permanent-residence-registration", "health-insurance-card"),
    *("child-identity-card", "death-registration", "permanent-residence-removal"),
    "funeral-benefit",
]
"""The procedures whose documents a judgement about the registration makes void."""


def test_what_was_corrected_is_given_anew(
    counter: Counter, given: list[Given], tmp_path: Path
) -> None:
    """Under its number it is given again; the one before is signed, and does not hold."""
    corrected = [each for each in given if each.procedure in VOID[:4]]
    decision = {"decision_number": "208/QĐ-UBND", "changes": {"full_name": "Trần Gia Khoa"}}
    before = {each.number: counter.result(each.number) for each in corrected}
    counter.request(corrected[0].case, "correction", decision)
    for each in corrected:
        first = f"{each.number}?version={before[each.number]['version']}"
        told = counter.becomes(first, "superseded")
        counter.becomes(each.number, "valid")
        newest = counter.result(each.number)
        assert newest["version"] > told["version"]
        assert newest["signed"]["at"] == told["superseded_at"]
        assert newest["signed"]["agency"] == told["signed"]["agency"] == each.agency
        who = REGISTRAR.name if each.agency == "civil-status" else None
        assert newest["signed"]["official"] == who
        labels = [line["label"] for line in newest["lines"]]
        assert labels == [line["label"] for line in before[each.number]["lines"]]
    paper = tmp_path / "result.json"
    data = str(counter.city.stack.data)
    number = corrected[0].number
    paper.write_text(json.dumps(before[number]), encoding="utf-8")
    done = counter.city.onestop("verify", str(paper), "--data", data)
    assert (done.status, "Superseded" in done.out) == (1, True), done
    paper.write_bytes(counter.http.get(f"/api/results/{number}").content)
    done = counter.city.onestop("verify", str(paper), "--data", data)
    assert done.status == 0, done
    assert "Trần Gia Khoa" in done.out
    kept = next(each for each in given if each.procedure == "fee-settlement")
    assert counter.result(kept.number)["state"] == "valid"


def test_what_was_revoked_says_so(counter: Counter, given: list[Given], tmp_path: Path) -> None:
    """Corrected before or not, what a court has found void is revoked at every agency."""
    card = next(each for each in given if each.procedure == "health-insurance-card")
    pdf = tmp_path / "card.pdf"
    pdf.write_bytes(counter.http.get(f"/api/results/{card.number}.pdf").content)
    today = local_date(datetime.now(UTC)).isoformat()
    judgement = {"number": "17/2026/QĐST-DS", "court": "Tòa án", "judged_on": today}
    for case in dict.fromkeys(each.case for each in given):
        counter.request(case, "revocation", {"judgement": judgement})
    for each in given:
        if each.procedure in VOID:
            told = counter.becomes(each.number, "revoked")
            assert told["revoked_at"]
            assert told["reason"]["code"] == "revoked-by-court"
        else:
            assert counter.result(each.number)["state"] == "valid", "the fees were due"
    assert counter.http.get(f"/api/results/{card.number}.pdf").content != pdf.read_bytes()
    done = counter.city.onestop("verify", str(pdf), "--data", str(counter.city.stack.data))
    assert done.status == 1
    assert "revoked" in done.out
    assert "By judgement 17/2026" in done.out


def test_what_was_changed_in_the_portal_is_no_document(
    counter: Counter, given: list[Given]
) -> None:
    receipt = next(each for each in given if each.procedure == "fee-settlement")
    with database(counter.city) as portal:
        below = f"{RESULTS}/{versions(receipt.number)}"
        (row,) = portal["journal"].find({"filed.key": {"$regex": f"^{below}"}})
        (place,) = [i for i, each in enumerate(row["filed"]) if each["key"].startswith(below)]
        content = row["filed"][place]["fields"]["content"]
        forged = content.replace(b'"due":', b'"due" :', 1)
        assert forged != content
        change = {f"filed.{place}.fields.content": forged}
        portal["journal"].update_one({"_id": row["_id"]}, {"$set": change})
    told = counter.http.get(f"/api/verify/{receipt.number}").json()
    assert (told["state"], told["signed"]) == ("invalid", None)
    answer = counter.http.get(f"/api/results/{receipt.number}.pdf")
    assert (answer.status_code, answer.json()["type"]) == (
        409,
        "urn:onestop:problem:invalid-result",
    )


def test_an_unknown_number_is_told(counter: Counter) -> None:
    for path in ("/api/results/KS-0", "/api/results/KS-0.pdf", "/api/verify/KS-0"):
        answer = counter.http.get(path)
        assert (answer.status_code, answer.json()["detail"]) == (
            404,
            "No document has this number.",
        )
