"""Whole runs through the real command line, on real data and on the demo CRM."""
