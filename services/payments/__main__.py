"""`python -m services.payments`: the service and its operator commands."""

from services.payments.main import service

service.main()
