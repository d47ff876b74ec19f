"""`python -m services.residence`: the service and its operator commands."""

from services.residence.main import service

service.main()
