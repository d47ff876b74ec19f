"""What is granted to a family, as its agency says it and writes it down. Pure."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from contracts.common.calendar import local_date
from contracts.common.deaths import Cause
from contracts.compensation.events import BenefitCancelled
from contracts.death.benefits import BenefitRequest, FuneralAllowanceRequest
from contracts.death.events import (
    BurialSupportGranted,
    FuneralAllowanceGranted,
)
from contracts.model import Name, PersonalId, ProvinceCode, Reason, Value
from services.chassis.procedure import Context, Record
from services.social_insurance.funeral import allowance, support

NUMBER = "decision-number"


@dataclass(frozen=True, slots=True)
class Application:
    """What is asked for, and what is known of the death."""

    deceased: PersonalId
    died_on: date
    cause: Cause
    province: ProvinceCode
    request: BenefitRequest


class Grant(Value):
    """A benefit that was granted, and its row in the register."""

    decision_number: Name
    row: dict[str, Any]

    def cancelled(self, reason: Reason) -> BenefitCancelled:
        """Say that the decision is void."""
        fields = {name: self.row[name] for name in ("kind", "deceased", "payee", "amount")}
        return BenefitCancelled(decision_number=self.decision_number, reason=reason, **fields)

    def record(self, cancelled: bool = False) -> Record:
        """Return the row of the register of benefits."""
        return Record("benefits", self.decision_number, {**self.row, "cancelled": cancelled})


def granted(
    application: Application, payee: PersonalId, number: str, context: Context
) -> FuneralAllowanceGranted | BurialSupportGranted:
    """Return the decision, with everything that it was reckoned from."""
    request = application.request
    common: dict[str, Any] = {
        "decision_number": number,
        "decided_on": local_date(context.now),
        "deceased": application.deceased,
        "payee": payee,
        "in_place_of": None if payee == request.payee else request.payee,
        "payout": request.payout,
    }
    if isinstance(request, FuneralAllowanceRequest):
        amount = allowance(application.died_on, context.rules)
        return FuneralAllowanceGranted(
            **common,
            insurance_number=request.insurance_number,
            basis=request.basis,
            contribution_months=request.contribution_months,
            month=amount.month,
            reference_level=amount.base,
            multiple=amount.multiple,
            amount=amount.total,
        )
    amount = support(request, application.died_on, context.rules)
    return BurialSupportGranted(
        **common,
        ground=request.ground,
        month=amount.month,
        standard=amount.base,
        multiple=amount.multiple,
        amount=amount.total,
    )


def number_of(application: Application, context: Context, k: int) -> str:
    """Return the k-th candidate for the decision's number: MT-<province>-<year>-<8 digits>."""
    year = local_date(context.now).year
    return f"MT-{application.province}-{year}-{context.derive(NUMBER, k, 10**8):08}"


def benefit_row(event: FuneralAllowanceGranted | BurialSupportGranted) -> dict[str, Any]:
    """Return what the register of benefits has: the decision, whole; dates as ISO text."""
    fields = event.model_dump(mode="json", exclude={"decision_number", "payout"})
    kind = "allowance" if isinstance(event, FuneralAllowanceGranted) else "support"
    return {"kind": kind, **fields}
