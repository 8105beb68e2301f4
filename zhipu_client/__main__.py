"""``python -m zhipu_client``: the check-up of `zhipu_client.doctor`."""

from __future__ import annotations

import sys

from zhipu_client.doctor._command import main

if __name__ == "__main__":
    sys.exit(main())
