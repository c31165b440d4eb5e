"""Prints a hash of what the shipped strategy says of stored dossiers: run by tests in processes of their own.

Each dossier is one line of base 64 on standard input.
"""

from __future__ import annotations

import base64
import hashlib
import sys

from rules import judgements
from rules.deciding import decide
from rules.dossier import decode
from rules.strategy import shipped

if __name__ == "__main__":
    for line in sys.stdin:
        print(hashlib.sha256(judgements.encode(decide(decode(base64.b64decode(line)), shipped()))).hexdigest())
