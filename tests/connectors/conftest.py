"""Fixtures of the connector tests."""

from tests.postgresql import postgresql_server

__all__ = ["postgresql_server"]
