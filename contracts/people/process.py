"""Recording people: a group that nobody declares."""

from contracts.group import ProcedureGroup, ProcedureSpec
from contracts.model import Text
from contracts.people.events import (
    BenefitsBarred,
    BenefitsResumed,
    DeathReported,
    DeathReportWithdrawn,
    PersonRecorded,
    PersonReported,
)

END_OF_BENEFITS = "end-of-benefits"

GROUP = ProcedureGroup(
    name="people",
    title=Text(vi="Cơ sở dữ liệu dân cư", en="Population register"),
    form=None,
    procedures=(
        ProcedureSpec(
            name="person-record",
            title=Text(vi="Ghi nhận nhân thân", en="Record of a person"),
            owner="population",
            hears=(PersonReported,),
            ends={
                PersonRecorded: "granted",
                DeathReported: "granted",
                DeathReportWithdrawn: "granted",
            },
        ),
        ProcedureSpec(
            name=END_OF_BENEFITS,
            title=Text(vi="Chấm dứt quyền hưởng chế độ", en="End of benefits"),
            owner="social-insurance",
            hears=(DeathReported, DeathReportWithdrawn),
            ends={BenefitsBarred: "granted", BenefitsResumed: "granted"},
        ),
    ),
    bundles=(),
)
