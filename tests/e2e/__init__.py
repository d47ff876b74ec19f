"""The whole system from outside: processes, commands and HTTP."""
