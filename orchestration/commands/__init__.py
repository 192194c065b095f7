"""The commands of `quintile`, one module per group; `orchestration/cli.py` lists them.

A command reads its arguments, calls the rooms below, and shows what they say. Add a command to the
module of its group, and its name to the list. Never put a rule of the language here: criteria,
limits and mappings mean what `models/` says.
"""
