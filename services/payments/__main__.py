"""`python -m services.payments`: the service and its operator commands."""

from services.chassis.operate import command
from services.payments.main import service

command(service)()
