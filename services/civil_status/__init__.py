"""Civil status: the registers of births and deaths."""
