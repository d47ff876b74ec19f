"""`python -m services.social_insurance`: the service and its operator commands."""

from services.social_insurance.main import service

service.main()
