"""Rings kept up while facts come in (found by `api.ring_finding`, in a process of its own), and what people say of them.

    `keeping`   what has changed since rings were found before, written in the records
    `records`   rings, members, events and judgements as they are kept
    `looking`   the loop that looks again when facts or judgements came in
    `judging`   what analysts say: of pairs, and of rings as a whole

A look reads all ties that are evidence, so what it costs grows with them and not with what changed: it runs at low priority beside the
servers, starts `ring_seconds` after the one before at the earliest, and takes no more than a fifth of one core's time. A fact's rings
are therefore seen after that pause and one look; `ring_looks` says how long the last one took.
"""
