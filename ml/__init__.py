"""What does Python learn? Pure functions: frames and parameters in, frames out (DESIGN 6).

Holds nothing yet: recommendations and the voice of the customer begin here. Never put a file, a
database, a clock or an orchestrator here.
"""
