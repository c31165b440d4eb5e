"""Images in, fields out: `decoding` opens what strangers send, `ocr` finds lines of text, `layout` and its neighbours make fields of them.

Runs in worker processes alone (`identity.workplace`); the packages of the extra `identity` are imported late, one module each.
"""
