"""`python -m byok_widgets` is the command `byok-widgets`."""

import sys

from byok_widgets.cli import main

sys.exit(main())
