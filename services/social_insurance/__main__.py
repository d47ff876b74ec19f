"""`python -m services.social_insurance`: the service and its operator commands."""

from services.chassis.operate import command
from services.social_insurance.main import service

command(service)()
