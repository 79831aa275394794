"""`python -m linekeeper`: the same as the command `linekeeper`."""

import sys

from linekeeper import main

if __name__ == "__main__":
    sys.exit(main())
