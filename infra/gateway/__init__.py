"""A bank to pay through where there is none: a program of its own, with its own books and API.

Nothing of it is known to the services but what stands in `services/payments/bank.py`.
"""
