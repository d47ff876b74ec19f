"""`python -m services.portal`: the service, its pages, and its operator commands."""

from services.portal.main import app, service

service.main(app)
