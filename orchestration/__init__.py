"""When does it run, and with what? Definitions, resource instances, jobs, schedules, sensors, CLI.

Holds one Dagster concept per file. Add a job, a schedule or a sensor to its file's list. Never put
work here: assets do it. The concept is DESIGN 10.
"""
