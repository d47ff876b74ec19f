"""The images and docker-compose.yml: what they say, and that they hold under fire."""
