"""Zylker: the built-in demo CRM, a maker of ticket software for health care."""

from connectors.zylker.demo import TABLES, DemoSummary, write_demo

__all__ = ["TABLES", "DemoSummary", "write_demo"]
