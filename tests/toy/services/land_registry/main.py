"""The land registry: what it listens to follows from its procedures."""

from services.chassis.service import Service
from services.land_registry import tax, transfer

service = Service("land-registry", procedures=[transfer.registration, tax.assessment])
