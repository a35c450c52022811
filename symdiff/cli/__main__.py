"""``python -m symdiff.cli``, as ``symdiff``."""

import sys

from symdiff.cli.entry import main

if __name__ == "__main__":
    sys.exit(main())
