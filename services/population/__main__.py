"""`python -m services.population`: the service and its operator commands."""

from services.population.importing import people
from services.population.main import service

service.main(importer=people)
