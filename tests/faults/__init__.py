"""The whole system under faults: nothing lost, nothing done twice."""
