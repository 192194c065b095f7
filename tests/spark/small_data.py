"""Settings of a Spark that computes the demo CRM, for tests and kills alike."""

from __future__ import annotations

JAVA = "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=256m -XX:+UseSerialGC"
SETTINGS = (
    # Small data: what a cluster spreads is one row here and there.
    "spark.sql.shuffle.partitions=2 spark.driver.memory=1g spark.executor.memory=512m "
    "spark.sql.adaptive.enabled=false spark.log.level=WARN "
    # Plans that are used once: Java's second compiler costs more than it saves. Without it the code
    # cache would be 48 MB, which a run fills; then nothing is compiled, and linking may fail.
    f"'spark.driver.extraJavaOptions={JAVA}' 'spark.executor.extraJavaOptions={JAVA}'"
)
