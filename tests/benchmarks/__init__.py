"""Benchmarks measure the right thing: every way gives what the product publishes."""
