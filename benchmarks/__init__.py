"""How fast, how large, how good? Each measurement is a command that prints its own figures.

Holds programs that run the product beside a named baseline in the same run and print ratios. Add
one per question. Never put a timed assertion into `tests/`.
"""
