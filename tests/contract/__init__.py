"""What the contracts promise: samples, schemas, the shape of the groups."""
