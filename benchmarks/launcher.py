"""Starts one command and writes what it used, from a process so small that it hides nothing.

Linux counts the memory of the process that starts a program towards the program's peak, so a large
benchmark process would hide a small one behind itself. Called with a file to write and the command;
ends as the command ends. It imports next to nothing and must stay so.
"""

import os
import sys


def main() -> None:
    """Run the command; write CPU seconds and peak kilobytes, children included."""
    report, command = sys.argv[1], sys.argv[2:]
    pid = os.posix_spawnp(command[0], command, os.environ)
    _, status, usage = os.wait4(pid, 0)
    with open(report, "w", encoding="ascii") as file:  # noqa: PTH123 - pathlib would double its size
        file.write(f"{usage.ru_utime + usage.ru_stime} {usage.ru_maxrss}")
    sys.exit(abs(os.waitstatus_to_exitcode(status)))


if __name__ == "__main__":
    main()
