"""`python -m api.schema` writes the schema's definition to `api/schema.graphql`."""

from __future__ import annotations

from pathlib import Path

from api.schema import sdl

Path(__file__).parent.with_name("schema.graphql").write_text(sdl(), encoding="utf-8")
