"""One face behind many people."""

from __future__ import annotations

from rules.model import Material, Reading


def face_people(material: Material) -> Reading:
    """People who were verified with the merchant's or applicant's face, that one included: a hint for people to look, never proof.

    Absent, and 0, when no face was compared.
    """
    faces = [one.faces for one in material.history.identities if one.faces is not None]
    return Reading(max(faces, default=0), material.history.verified(material.application), absent=not faces)
