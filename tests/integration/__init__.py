"""Tests on a real Kafka broker and a real mongod."""
