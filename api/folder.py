"""The data folder: everything of the embedded default, and the keys of any deployment."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from api.settings import Settings
from identity.vault import Vault

RECORDS_FILE: Final = "records.db"
GRAPH_FILE: Final = "graph.db"
KEY_FILE: Final = "keys.json"


def prepare_folder(settings: Settings) -> Path:
    """Make the data folder, for its owner alone, and give its path. Raises `OSError`."""
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    return settings.data


def open_vault(settings: Settings) -> Vault:
    """The vault; its key file is made at the first start, and its loss noticed at any other. Raises `VaultError`."""
    folder = prepare_folder(settings)
    kept = (folder / RECORDS_FILE).exists() or (folder / GRAPH_FILE).exists()
    return Vault.open(folder / KEY_FILE, create=not kept)


def make_private(path: Path) -> None:
    """Make a database's file for its owner alone, before the database does; its log and index take its mode. Raises `OSError`."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
