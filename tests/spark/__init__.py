"""The second engine: equal tables, equal members, a real cluster."""
