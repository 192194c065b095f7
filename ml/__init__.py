"""What does Python learn? Pure functions: frames and parameters in, frames out (DESIGN 6).

`purchases` is what is known at a cut-off, `scores` simple recommenders, `eligibility` what
may be offered, `ranking` the learned models, `trust` who is used, `recommending` all together;
`buying` is whether an account buys at all, `rules` associations, `measures` the report card; the
package `voice` reads what customers write, the package `identity` proposes who is the same.
Never put a file, a database, a clock or an orchestrator here.
"""
