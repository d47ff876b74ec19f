"""Every procedure that officials may have to decide, beside those of a birth: `Office` says what
each hears and how it ends."""

from contracts.birth.process import ORPHANED_BIRTH
from contracts.common.events import CaseAbandoned, CaseAdopted, CaseOrphaned
from contracts.death.events import (
    BenefitRefused,
    DeathRefused,
    DeathRegistered,
    FuneralAllowanceGranted,
    RemovalRefused,
    ResidenceRemoved,
)
from contracts.death.process import BENEFIT, DEATH, ORPHANED_DEATH, REMOVAL
from services.civil_status import death as civil_status
from services.civil_status import orphans
from services.civil_status.rules import RULES as CIVIL_STATUS
from services.residence import death as residence
from services.residence.rules import RULES as RESIDENCE
from services.social_insurance import death as social_insurance
from services.social_insurance.rules import RULES as SOCIAL_INSURANCE
from tests.unit import deaths
from tests.unit.births import FATHER, MOTHER
from tests.unit.test_births_reviewed import Office

DEATHS = [
    Office(
        *("civil-status", DEATH, civil_status.registration, CIVIL_STATUS),
        *((deaths.submitted(),), DeathRegistered, DeathRefused),
    ),
    Office(
        *("residence", REMOVAL, residence.removal, RESIDENCE),
        *((deaths.registered(), deaths.deceased()), ResidenceRemoved, RemovalRefused),
    ),
    Office(
        *("social-insurance", BENEFIT, social_insurance.benefit, SOCIAL_INSURANCE),
        *((deaths.registered(), deaths.deceased()), FuneralAllowanceGranted, BenefitRefused),
    ),
]
ORPHANED = CaseOrphaned(deceased=FATHER, province="01", persons=(FATHER, MOTHER))
ORPHANS = [
    Office(
        *("civil-status", name, procedure, CIVIL_STATUS),
        *((ORPHANED,), CaseAdopted, CaseAbandoned),
    )
    for name, procedure in ((ORPHANED_BIRTH, orphans.birth), (ORPHANED_DEATH, orphans.death))
]
