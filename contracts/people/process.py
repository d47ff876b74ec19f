"""Recording people: a group of one procedure, which nobody declares."""

from contracts.group import ProcedureGroup, ProcedureSpec
from contracts.model import Text
from contracts.people.events import PersonRecorded, PersonReported

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
            ends={PersonRecorded: "granted"},
        ),
    ),
    bundles=(),
)
