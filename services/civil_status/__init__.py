"""Civil status: the register of births."""
