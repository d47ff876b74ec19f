"""Second thoughts as a model: whatever crosses whatever on its way, one end, and no promise broken.

A whole town hears of one case: each desk hears each event in any order and again and again, while
the declarant withdraws, officials decide, correct and revoke. Civil status alone decides by what it
hears first, because somebody has to; what stands in the end follows from what it has said, and is
what stands in a town where everything came in order.
"""

from datetime import date
from typing import Any, ClassVar

import pytest
from hypothesis import settings
from hypothesis.stateful import (
    run_state_machine_as_test,
)

from contracts.birth.process import BIRTH, HEALTH_CARD, RESIDENCE
from contracts.compensation.events import (
    BirthCorrected,
    DeathCorrected,
    RegistrationRevoked,
    RequestDeclined,
)
from contracts.death.process import BENEFIT, DEATH, GROUP, REMOVAL
from contracts.envelope import Event
from services.civil_status.rules import RULES as CIVIL_STATUS
from services.payments.birth import Cancelled, Terms, due
from services.payments.rules import RULES as PAYMENTS
from services.residence.rules import RULES as RESIDENCE_RULES
from services.social_insurance.rules import RULES as SOCIAL_INSURANCE
from tests.unit import deaths
from tests.unit.births import TODAY, form, submitted
from tests.unit.compensated import Case
from tests.unit.fees import LATE, balances
from tests.unit.requests import correction, revocation
from tests.unit.town import Town


class Birth(Case):
    """A birth: the budget bears the premium of the months in which there was a card."""

    group, name = "birth", BIRTH
    declared: ClassVar[list[Event]] = [
        submitted(),
        submitted(form(certificate_copies=2)),
        submitted(form(LATE)),
    ]
    corrections: ClassVar[list[dict[str, Any]]] = [
        {"full_name": "Trần Gia Khoa"},
        {"born_on": "2026-08-30"},
        {"born_on": "2026-08-29", "ethnicity": "Tày"},
    ]
    reviews: ClassVar[dict[str, tuple[str, Any]]] = {
        "civil-status": (BIRTH, CIVIL_STATUS),
        "residence": (RESIDENCE, RESIDENCE_RULES),
        "social-insurance": (HEALTH_CARD, SOCIAL_INSURANCE),
    }

    def in_the_end(self) -> None:
        """Assert this too: every copy says what the newest correction does."""
        super().in_the_end()
        corrected = self.told(BirthCorrected)
        if corrected and not self.told(RegistrationRevoked):
            child = vars(corrected[-1])["child"]
            for register in ("persons", "residents"):
                service = "population" if register == "persons" else "residence"
                for row in self.town.standing(service, register):
                    assert row["full_name"] == child.full_name
                    assert row["born_on"] == child.born_on.isoformat()
            for row in self.town.standing("social-insurance", "cards"):
                assert row["valid_from"] == child.born_on.isoformat()
            for row in self.town.rows("portal", "corrections").values():
                assert row["full_name"] == child.full_name

    def money(self, void: bool) -> None:
        super().money(void)
        borne = balances(self.town.ledger()).get("state-budget", 0)
        cards = self.town.rows("social-insurance", "cards").values()
        expected = 0
        for row in cards:
            terms = Terms(
                entry=0,
                valid_from=date.fromisoformat(row["valid_from"]),
                months=row["premium_months"],
            )
            revoked = self.told(RegistrationRevoked)
            reason = vars(revoked[0])["reason"] if revoked else None
            cancelled = Cancelled(on=TODAY, reason=reason) if row["cancelled"] else None
            expected += due(terms, cancelled, PAYMENTS)
        assert borne == expected


class Death(Case):
    """A death: of a revoked one no fund bears anything, and what is paid is claimed back."""

    group, name = "death", DEATH
    declared: ClassVar[list[Event]] = [
        deaths.submitted(),
        deaths.submitted(deaths.form(benefit=deaths.SUPPORT, certificate_copies=2)),
        deaths.submitted(
            deaths.form(benefit=None),
            bundle=GROUP.bundle("without-benefit", deaths.TODAY),
        ),
    ]
    corrections: ClassVar[list[dict[str, Any]]] = [
        {"died_on": "2026-11-15"},
        {"died_on": "2026-11-14"},
        {"died_on": "2026-11-21"},
    ]
    reviews: ClassVar[dict[str, tuple[str, Any]]] = {
        "civil-status": (DEATH, CIVIL_STATUS),
        "residence": (REMOVAL, RESIDENCE_RULES),
        "social-insurance": (BENEFIT, SOCIAL_INSURANCE),
    }

    def in_the_end(self) -> None:
        """Assert this too: who copied the date of death has the newest one."""
        super().in_the_end()
        corrected = self.told(DeathCorrected)
        if corrected and not self.told(RegistrationRevoked):
            for service in ("population", "portal"):
                for row in self.town.standing(service, "deceased"):
                    assert row["deceased_on"] == vars(corrected[-1])["died_on"].isoformat()

    def money(self, void: bool) -> None:
        super().money(void)
        found = balances(self.town.ledger())
        assert found.get("benefits-payable", 0) == 0, "the bank has answered"
        if void:
            assert found.get("social-insurance-fund", 0) == found.get("state-budget", 0) == 0
            out = -found.get("cash-at-bank", 0)
            assert found.get("benefits-recoverable", 0) == out, "what is out is claimed back"


@pytest.mark.parametrize("model", [Birth, Death], ids=lambda model: model.__name__)
def test_any_order_repetition_and_interleaving_ends_the_same(model: type[Case]) -> None:
    steps = settings(max_examples=60, stateful_step_count=40, deadline=None, derandomize=True)
    run_state_machine_as_test(model, settings=steps)


def test_the_model_reaches_what_it_is_about() -> None:
    """A town in order: declared, corrected, revoked; each agency has taken part."""
    town = Town("birth")
    for event in (submitted(), correction(BIRTH, {"born_on": "2026-11-09"}), revocation(BIRTH)):
        town.send(event)
        town.settle()
    said = {event.type.rpartition(".")[0] for _, event, _ in town.said}
    assert not [event for _, event, _ in town.said if isinstance(event, RequestDeclined)]
    assert said >= {
        "civil-status.birth-corrected",
        "civil-status.registration-revoked",
        "population.person-corrected",
        "population.identity-card-corrected",
        "population.identification-cancelled",
        "population.identity-card-cancelled",
        "residence.residence-corrected",
        "residence.residence-cancelled",
        "social-insurance.health-card-corrected",
        "social-insurance.health-card-cancelled",
        "payments.premium-recovered",
    }
    town = Town("death")
    for event in (deaths.submitted(), revocation(DEATH)):
        town.send(event)
        town.settle()
    said = {event.type.rpartition(".")[0] for _, event, _ in town.said}
    assert said >= {
        "population.death-record-cancelled",
        "residence.residence-restored",
        "social-insurance.benefit-cancelled",
        "payments.recovery-claimed",
    }
