"""`python -m services.population`: the service and its operator commands."""

from services.chassis.operate import command
from services.population.importing import people
from services.population.main import service

command(service, importer=people)()
