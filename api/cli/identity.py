"""`ringfence identity`: try what verifications are made of on images and numbers at hand; nothing is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import click

from api.cli.options import Failure, interruptible, print_table
from graph.clock import now
from identity.checks import CHECKS
from identity.faces.matching import RATES, false_match_rate, threshold_for
from identity.model import CheckResult, Declared, EvidenceKind, FaceCalibration, IdentityFile
from identity.reading.decoding import IMAGE_BYTES
from identity.worker import Busy, NotInstalled, ReadDocument, ReadFace, ReadingPool, WrongImage

RATE: Final = 1e-4
"""Share of strangers whose live face would pass for the one on the document."""


@click.group("identity")
def command() -> None:
    """Try the identity checks on files at hand.

    Example: ringfence identity check --document id.jpg --face selfie.jpg --consent --name 王伟
    """


@command.command("check")
@click.option("--document", type=click.Path(dir_okay=False, path_type=Path), help="Image of a document: ID card, licence, passport.")
@click.option("--face", type=click.Path(dir_okay=False, path_type=Path), help="Live photograph.")
@click.option("--consent", is_flag=True, help="The person agreed that the face is compared; --face needs it.")
@click.option("--name", help="Name as declared.")
@click.option("--born", type=click.DateTime(["%Y-%m-%d"]), help="Birth date as declared: 1990-01-31.")
@click.option("--number", help="Number of the document as declared.")
@click.option("--number-kind", default="IDENTITY_CARD", show_default=True, help="What the number is of, in the schema's words.")
@click.option("--country", default="CN", show_default=True, help="ISO 3166-1 code by which numbers are read.")
@click.option("--phone", help="Phone number as declared.")
@click.option("--account", help="Bank card or IBAN as declared.")
@click.option("--account-holder", help="In whose name the account is.")
def check(
    document: Path | None,
    face: Path | None,
    consent: bool,
    name: str | None,
    born: datetime | None,
    number: str | None,
    number_kind: str,
    country: str,
    phone: str | None,
    account: str | None,
    account_holder: str | None,
) -> None:
    """Read a document and a face, and run the checks.

    Every check that these and the declaration allow; nothing is kept. Images need the extra `identity`. A face that matches is a hint for
    review, never proof.

    Example: ringfence identity check --document id.jpg --name 王伟 --number 11010519491231002X
    """
    if face is not None and not consent:
        raise click.UsageError("A face is looked at with the person's consent only: ask, and give --consent.")
    declared = Declared(
        name, born.date() if born else None, number_kind if number else None, country if number else None, number,
        phone=phone, account=account, account_holder=account_holder,
    )  # fmt: skip
    handed: set[EvidenceKind] = set()
    if declared != Declared():
        handed.add(EvidenceKind.DECLARATION)
    with interruptible("Interrupted; nothing was kept."):
        read, live = asyncio.run(_looked(document, face))
    calibration = FaceCalibration(round(threshold_for(RATE), 3), RATE, RATES[0][0], false_match_rate(RATES[0][0]))
    file = IdentityFile(_today(), country, declared=declared, faces=calibration)
    if read is not None:
        handed.add(EvidenceKind.DOCUMENT_FRONT)
        file = replace(file, document=read.reading, document_face=read.face)
        _tell_document(read)
    if live is not None:
        handed |= {EvidenceKind.FACE, EvidenceKind.CONSENT}
        file = replace(file, face=live.face)
    if not handed:
        raise click.UsageError("There is nothing to check: give --document, --face, or something declared such as --number.")
    print_table(["check", "result", "measured", "says"], [_row(result) for result in _results(file, handed)])


def _today() -> date:
    return datetime.fromtimestamp(now() / 1_000, UTC).date()


async def _looked(document: Path | None, face: Path | None) -> tuple[ReadDocument | None, ReadFace | None]:
    """What was read of both images, in processes of their own."""
    if document is None and face is None:
        return None, None
    async with ReadingPool() as pool:
        try:
            read = None if document is None else await pool.read_document(_image(document))
            live = None if face is None else await pool.read_face(_image(face))
        except (WrongImage, Busy, NotInstalled) as error:
            raise Failure(str(error)) from error
    return read, live


def _image(path: Path) -> bytes:
    """A file's bytes; one byte more than an image may have says that it is too large."""
    with path.open("rb") as file:
        return file.read(IMAGE_BYTES + 1)


def _tell_document(read: ReadDocument) -> None:
    """The fields read, with how sure the reader is."""
    kind = read.reading.kind or "no document that is known here"
    click.echo(
        f"The image ({read.width} by {read.height}) shows {kind} with {read.face.faces} {'face' if read.face.faces == 1 else 'faces'}."
    )
    if read.reading.fields:
        rows = [
            (name, field.text, f"{field.confidence:.2f}", "by its check digit" if field.repaired else "")
            for name, field in read.reading.fields.items()
        ]
        print_table(["field", "read", "confidence", "mended"], rows)
    click.echo("")


def _results(file: IdentityFile, handed: set[EvidenceKind]) -> Iterator[CheckResult]:
    """Every check for which there is what it needs."""
    for one in CHECKS.values():
        if one.needs <= handed:
            yield one.run(file)


def _row(result: CheckResult) -> tuple[str, str, str, str]:
    measured = "" if result.measured is None else f"{result.measured:.3f}"
    return result.code, result.outcome.value, measured, result.sentence
