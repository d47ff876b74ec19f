"""`python -m services.land_registry run`."""

from services.chassis.operate import command
from services.land_registry.main import service

command(service)()
