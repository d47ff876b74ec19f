"""`python -m services.population`: the service and its operator commands."""

from services.population.main import service

service.main()
