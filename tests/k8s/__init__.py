"""The manifests: as files (`test_*.py`), and on a real cluster (`python -m tests.k8s`)."""
