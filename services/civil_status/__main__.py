"""`python -m services.civil_status`: the service and its operator commands."""

from services.civil_status.main import service

service.main()
