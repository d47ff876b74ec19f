"""Payments: fees, refunds, premiums and the ledger."""
