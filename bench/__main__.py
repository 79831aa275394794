"""Run every benchmark and print its table: `make bench`."""

import argparse
import sys

from bench import cold_start, whole_diagnosis
from local.present import console_for


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--rows", type=int, nargs="+", default=[10**5, 10**6, 10**7], help="connectivity rows"
    )
    parser.add_argument("--starts", type=int, default=9, help="cold starts of each kind")
    options = parser.parse_args()
    console = console_for(sys.stdout)
    for table in (whole_diagnosis.measure(options.rows), cold_start.measure(options.starts)):
        console.print(table)
        console.print()


if __name__ == "__main__":
    main()
