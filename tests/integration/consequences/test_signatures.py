"""What is signed is signed once: it is stored with the decision, and repeated as it stands."""

from base64 import urlsafe_b64encode
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic_core import to_json

from services.chassis.procedure import Context, Decision, Procedure, State
from services.chassis.signing import HEADER, Keyring, Signer
from services.chassis.testing import eventually
from tests.integration.events import Answered, Told
from tests.integration.office import Office, Offices

SERVICE = "office"
CLERK = "clerk-1"


class Heard(State):
    """How much was heard."""

    texts: tuple[str, ...] = ()


def counter() -> Procedure[Heard]:
    """Answers what it is told; what begins with the clerk's id, the clerk has decided."""
    procedure = Procedure("counter", initial=Heard())

    @procedure.on(Told)
    def told(state: Heard, event: Told, context: Context) -> Decision[Heard]:
        signatory = CLERK if event.text.startswith(CLERK) else None
        after = Heard(texts=(*state.texts, event.text))
        return Decision(after, events=(Answered(text=event.text),), signatory=signatory)

    return procedure


def write_keys(folder: Path, **secrets: Ed25519PrivateKey) -> None:
    keys = [
        {
            "kty": "OKP",
            "crv": "Ed25519",
            "kid": kid,
            "d": urlsafe_b64encode(secret.private_bytes_raw()).decode().rstrip("="),
            "signatory": None if kid == "own" else CLERK,
        }
        for kid, secret in secrets.items()
    ]
    (folder / f"{SERVICE}.json").write_bytes(to_json({"keys": keys}))


@pytest.fixture
def own() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(b"1" * 32)


@pytest.fixture
def signer(tmp_path: Path, own: Ed25519PrivateKey) -> Signer:
    write_keys(tmp_path, own=own)
    return Signer(Keyring.of(tmp_path, SERVICE), frozenset({Answered.type}))


def jws(value: bytes, detached: str) -> str:
    return detached.replace("..", f".{urlsafe_b64encode(value).decode().rstrip('=')}.")


async def signatures(office: Office) -> list[tuple[bytes, str]]:
    return [(said.value, (said.headers[HEADER] or b"").decode()) for said in await office.said()]


async def test_the_signature_is_stored_and_published_with_the_event(
    offices: Offices, signer: Signer, own: Ed25519PrivateKey
) -> None:
    office = offices.open(counter(), signer=signer)
    await office.tell("case", Told(text="a"))
    (entry,) = await office.entries()
    (event,) = entry.events
    ((value, signature),) = await signatures(office)
    assert (event["value"], event[HEADER]) == (value, signature)
    assert jwt.PyJWS().decode(jws(value, signature), own.public_key(), ["EdDSA"]) == value
    assert entry.expected_hash() == entry.hash, "the chain of hashes holds the signature too"


async def test_what_is_repeated_is_not_signed_anew(
    offices: Offices, signer: Signer, own: Ed25519PrivateKey, tmp_path: Path
) -> None:
    office = offices.open(counter(), signer=signer)
    message = office.message("case", Told(text="a"))
    await office.handle(message)
    write_keys(tmp_path, own=Ed25519PrivateKey.from_private_bytes(b"2" * 32))
    await office.handle(message)
    first, second = await signatures(office)
    assert first == second


async def test_a_key_that_is_missing_costs_its_own_case_until_it_is_there(
    offices: Offices, signer: Signer, own: Ed25519PrivateKey, tmp_path: Path
) -> None:
    office = offices.open(counter(), signer=signer)
    await office.handle(
        office.message("case-1", Told(text=f"{CLERK} decides")),
        office.message("case-2", Told(text="the rules decide")),
    )
    assert await office.texts() == ["the rules decide"]
    (letter,) = await office.letters()
    assert f"office.json has no key of {CLERK}, who decided" in letter["reason"]
    assert await office.entries("case-1") == []

    clerks = Ed25519PrivateKey.from_private_bytes(b"3" * 32)
    write_keys(tmp_path, own=own, clerks=clerks)
    assert await office.runtime.dead_letters.ask_for_replay(letter["_id"])
    await office.start()

    async def said_so() -> bool:
        return len(await office.said()) == 2

    await eventually(said_so)
    found = {said.text: (said.value, said.headers[HEADER]) for said in await office.said()}
    value, signature = found[f"{CLERK} decides"]
    assert signature is not None
    said = jws(value, signature.decode())
    assert jwt.get_unverified_header(said)["kid"] == "clerks"
    assert jwt.PyJWS().decode(said, clerks.public_key(), ["EdDSA"]) == value
