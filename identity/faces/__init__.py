"""Faces: templates of 128 numbers (`encoding`), distances and what they are worth (`matching`), one among many (`searching`), liveness.

`encoding` alone sees dlib and face_recognition's models, `searching` alone sees faiss; both are imported late. A match is a weighted tie,
never proof.
"""
