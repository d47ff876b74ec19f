"""Residence: the register of permanent residents."""
