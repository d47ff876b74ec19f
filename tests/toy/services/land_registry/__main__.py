"""`python -m services.land_registry run`."""

from services.land_registry.main import service

service.main()
