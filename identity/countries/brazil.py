"""Brazil: CPF and CNPJ, the latter with the letters that it may have since July 2026."""

from __future__ import annotations

from typing import Final

from stdnum.br import cnpj, cpf

from identity.countries.kinds import NumberKind, by_library

KINDS: Final = (
    NumberKind("BR_CPF", "A CPF", "IDENTITY_CARD", by_library(cpf, (11,), "9" * 11)),
    NumberKind("BR_CNPJ", "A CNPJ", "BUSINESS_LICENCE", by_library(cnpj, (14,), "X" * 12 + "99")),
)
