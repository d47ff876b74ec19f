"""What must hold whatever happened: nothing lost, nothing done twice, and the books are balanced.

Pure: it looks at a snapshot and returns what is wrong, each in a sentence.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import import_module

from pydantic_core import from_json

from contracts.birth import process as birth
from contracts.catalogue import catalogue, topic_of
from contracts.common.events import (
    CaseCompleted,
    CaseOrphaned,
    CasePassed,
    CaseRated,
    DeclarationSubmitted,
    FeeRefunded,
    FeeSettled,
    PayoutInstructed,
)
from contracts.death import process as death
from contracts.envelope import Event
from services.chassis.journal import Entry
from services.chassis.tips import NO_HASH
from tests.faults import second_thoughts
from tests.faults.second_thoughts import stands
from tests.faults.snapshot import Row, Snapshot

REGISTERS = {
    birth.BIRTH: ("civil-status", "births"),
    birth.IDENTIFIER: ("population", "persons"),
    birth.RESIDENCE: ("residence", "residents"),
    birth.HEALTH_CARD: ("social-insurance", "cards"),
    birth.IDENTITY_CARD: ("population", "identity-cards"),
    death.DEATH: ("civil-status", "deaths"),
    death.RECORD: ("population", "deceased"),
    death.REMOVAL: ("residence", "removals"),
    death.BENEFIT: ("social-insurance", "benefits"),
}
"""Where each granted procedure has its one row."""
_AT_THE_DOOR: tuple[type[Event], ...] = (
    *(DeclarationSubmitted, CasePassed, CaseOrphaned, CaseRated, PayoutInstructed),
    *(event for event in catalogue().events.values() if topic_of(event) == "portal.acts"),
)
TAKEN_AT_THE_DOOR = [event.type.encode() for event in _AT_THE_DOOR]
"""What the portal publishes for others, and so does not have in its journal."""
FINISHED = ("completed", "partial", "refused")
FEES = ("fees", "refund")  # the postings that follow from what payments says of fees


def broken(
    found: Snapshot, outcomes: Mapping[str, str], *, topics_of_another: bool = False
) -> list[str]:
    """Return what is wrong. `outcomes` are those expected of the accepted cases.

    With the topics of another system, which decided the same cases, what is published is not held
    against the journals.
    """
    return [
        *_accounts(found, outcomes),
        *_letters(found),
        *_effects(found),
        *_money(found),
        *_uniqueness(found),
        *second_thoughts.broken(found),
        *_journals(found),
        *_claims(found),
        *([] if topics_of_another else _topics(found)),
        *_hearing(found),
    ]


def _accounts(found: Snapshot, outcomes: Mapping[str, str]) -> Iterator[str]:
    """Accepted = completed + in flight; and each ended as it should."""
    statuses = {row["_id"]: row["status"] for row in found.rows("portal", "cases")}
    accepted = found.submitted()
    for case_id in accepted - statuses.keys():
        yield f"case {case_id} was accepted and is lost"
    for case_id in statuses.keys() - accepted:
        yield f"case {case_id} was never accepted"
    for case_id in outcomes.keys() - accepted:
        yield f"case {case_id} was acknowledged and is not on the topic"
    for case_id, expected in outcomes.items():
        if (status := statuses.get(case_id)) != expected:
            yield f"case {case_id} is {status}, not {expected}"
    ends = Counter(
        case_id
        for service, cases in found.journals.items()
        for case_id, entries in cases.items()
        for entry in entries
        for event in entry.events
        if service == "portal" and event["type"] == CaseCompleted.type
    )
    for case_id, status in statuses.items():
        if ends[case_id] != (status in FINISHED):
            yield f"case {case_id} is {status} and was completed {ends[case_id]} times"


def _letters(found: Snapshot) -> Iterator[str]:
    """No fault of a machine is a reason to put a message aside, and what was put off is done."""
    for service in found.collections:
        for letter in found.rows(service, "dead_letters"):
            if letter["status"] != "replayed":
                yield f"{service} put {letter['_id']} aside: {letter['reason']}"


def _effects(found: Snapshot) -> Iterator[str]:
    """Each granted procedure has its one row, and no other has one."""
    for case in found.rows("portal", "cases"):
        if case["status"] not in FINISHED:
            continue
        for procedure, (service, register) in REGISTERS.items():
            rows = found.by_case(service, register)[case["_id"]]
            granted = case["ended"].get(procedure, {}).get("state") == "granted"
            if rows != granted:
                yield f"{procedure} of case {case['_id']}: {rows} rows, granted: {granted}"


def _money(found: Snapshot) -> Iterator[str]:
    postings = found.rows("payments", "ledger")
    for posting in postings:
        debit = sum(line["debit"] for line in posting["lines"])
        credit = sum(line["credit"] for line in posting["lines"])
        if debit != credit or debit <= 0:
            yield f"posting {posting['_id']}: {debit} debited, {credit} credited"
    yield from _twice("the posting of", (f"{row['what']} {row['about']}" for row in postings))
    premiums = Counter(row["about"] for row in postings if row["what"] == "premium")
    cards = {row["_id"] for row in found.rows("social-insurance", "cards")}
    for card in cards | premiums.keys():
        if premiums[card] != (card in cards):
            yield f"card {card}: {premiums[card]} premiums"
    told = dict(_fees_told(found))
    posted = {row["_id"]: row["lines"][0]["debit"] for row in postings if row["what"] in FEES}
    for key in told.keys() | posted.keys():
        if told.get(key) != posted.get(key):
            yield f"{key}: {told.get(key)} dong told, {posted.get(key)} posted"
    yield from _benefits(found)


def _fees_told(found: Snapshot) -> Iterator[tuple[str, int]]:
    """What payments has said of fees: the key of the posting, and the amount that moves."""
    for case_id, entries in found.journals["payments"].items():
        for event in (event for entry in entries for event in entry.events):
            data = from_json(event["value"])["data"]
            if event["type"] == FeeSettled.type and data["due"]:
                yield f"{case_id}/fees", data["due"]
            if event["type"] == FeeRefunded.type:
                yield f"{case_id}/refund", data["amount"]


def _benefits(found: Snapshot) -> Iterator[str]:
    """Money out = decisions: each benefit is ordered once, in its amount, and no other is."""
    postings = [row for row in found.rows("payments", "ledger") if row["what"] == "benefit"]
    ordered = Counter((row["about"], row["lines"][0]["debit"]) for row in postings)
    granted = Counter(
        (row["_id"], row["amount"]) for row in found.rows("social-insurance", "benefits")
    )
    for decision, amount in ordered.keys() | granted.keys():
        times = ordered[decision, amount]
        if times != granted[decision, amount]:
            yield f"benefit {decision} of {amount}: ordered {times} times"


def _uniqueness(found: Snapshot) -> Iterator[str]:
    children = map(_child, _standing(found, "civil-status", "births"))
    yield from _twice("the registration of", children)
    cards = _standing(found, "social-insurance", "cards")
    yield from _twice("a card for", (row["personal_id"] for row in cards))
    deaths = _standing(found, "civil-status", "deaths")
    yield from _twice("the death of", (row["personal_id"] for row in deaths))
    benefits = _standing(found, "social-insurance", "benefits")
    yield from _twice("a benefit for", (row["deceased"] for row in benefits))
    yield from _living(found)
    residents = _standing(found, "residence", "residents")
    yield from _twice("the residence", (row["confirmation_number"] for row in residents))


def _standing(found: Snapshot, service: str, register: str) -> list[Row]:
    """Return the rows of a register that are not void."""
    return [row for row in found.rows(service, register) if stands(row)]


def _living(found: Snapshot) -> Iterator[str]:
    """Nobody has a benefit, or no residence any more, whom the register does not hold as dead."""
    deceased = {row["personal_id"] for row in _standing(found, "population", "deceased")}
    for row in _standing(found, "social-insurance", "benefits"):
        if row["deceased"] not in deceased:
            yield f"benefit {row['_id']} is for somebody who may live"
    for row in _standing(found, "residence", "removals"):
        if row["personal_id"] not in deceased:
            yield f"the residence of {row['personal_id']} was removed, who may live"


def _child(row: Row) -> str:
    mother = row["mother_id"]
    return f"{mother}/{row['born_on']}/{row['birth_order']}" if mother else str(row["_id"])


def _twice(what: str, values: Iterable[str]) -> Iterator[str]:
    for value, count in Counter(values).items():
        if count > 1:
            yield f"{what} {value} is there {count} times"


def _journals(found: Snapshot) -> Iterator[str]:
    """Contiguous numbers, an unbroken chain, and no event heard twice."""
    for service, cases in found.journals.items():
        for case_id, entries in cases.items():
            yield from (f"{service}, case {case_id}: {fault}" for fault in _chain(entries))


def _chain(entries: list[Entry]) -> Iterator[str]:
    previous = NO_HASH
    for n, entry in enumerate(entries, 1):
        if entry.n != n:
            yield f"entry {entry.n} is where {n} should be"
        if entry.previous_hash != previous or entry.hash != entry.expected_hash():
            yield f"entry {entry.n} breaks the chain"
        previous = entry.hash
    heard = Counter((h["source"], h["id"]) for entry in entries for h in entry.heard)
    yield from (f"event {id} was heard {count} times" for id, count in heard.items() if count > 1)


def _claims(found: Snapshot) -> Iterator[str]:
    """What is held is what an entry of the holder has claimed and none has released."""
    for service, cases in found.journals.items():
        rows = found.rows(service, "claims")
        held = {(row["_id"], row["owner"]["case_id"], row["owner"]["subject"]) for row in rows}
        by_entries = set().union(*map(_holds, cases.values()))
        for id, case_id, _ in held ^ by_entries:
            yield f"{service}: {id} of case {case_id} is held, or claimed by an entry, but not both"


def _holds(entries: Sequence[Entry]) -> set[tuple[str, str, str]]:
    held: set[tuple[str, str, str]] = set()
    for entry in entries:
        held |= {(c["id"], c["owner"]["case_id"], c["owner"]["subject"]) for c in entry.claims}
        held -= {(c["id"], c["owner"]["case_id"], c["owner"]["subject"]) for c in entry.releases}
    return held


def _topics(found: Snapshot) -> Iterator[str]:
    """Every event of every entry is on its topic, in the same bytes however often; no other is."""
    for service, messages in found.topics.items():
        on_topic: dict[bytes, int] = Counter(message.value for message in messages)
        in_journal = {
            event["value"]
            for entries in found.journals[service].values()
            for entry in entries
            for event in entry.events
        }
        for value in in_journal - on_topic.keys():
            yield f"{service} never published {value[:200]!r}"
        source = f"/services/{service}"
        versions: dict[str, set[bytes]] = defaultdict(set)
        for message in messages:
            if message.source == source:
                versions[message.id].add(message.value)
        for id, values in versions.items():
            if len(values) > 1:
                yield f"{service} published event {id} in {len(values)} versions"
            taken = service == "portal" and any(each in min(values) for each in TAKEN_AT_THE_DOOR)
            if not taken and not values & in_journal:
                yield f"{service} published {min(values)[:200]!r}, which is not in its journal"


def _hearing(found: Snapshot) -> Iterator[str]:
    """Whatever a service handles, it has heard."""
    for service in found.collections:
        heard = {
            (h["source"], h["id"])
            for entries in found.journals[service].values()
            for entry in entries
            for h in entry.heard
        }
        handles = _handled_by(service)
        for message in found.published():
            heeded = handles & {(message.group, message.type), (None, message.type)}
            if heeded and (message.source, message.id) not in heard:
                yield f"{service} never heard {message.type} of case {message.case_id}"


def _handled_by(service: str) -> frozenset[tuple[str | None, str]]:
    """Return the events that a service handles, by group; None stands for all groups."""
    module = import_module(f"services.{service.replace('-', '_')}.main")
    groups = {
        spec.name: name for name, group in catalogue().groups.items() for spec in group.procedures
    }
    return frozenset(
        (groups.get(procedure.name), type)
        for procedure in module.service.procedures
        for type in procedure.handles
    )
