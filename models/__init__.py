"""The ABM language: what the marketer asked for, as typed configuration and its meaning.

Pure: no file, database, clock or network, except `models.reading`, which reads the configuration.
"""
