"""What must stay true however the program is stopped, whatever the disk, the clock and others do.

`python -m tests.faults --help` is the command that kills real processes; the tests here are its
short setting and the cases of docs/reliability.md. Cases that belong to one room are in that room.
"""
