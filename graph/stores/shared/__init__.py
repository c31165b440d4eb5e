"""What is the same in every store: how facts become derived rows, and how rows become answers.

Recording: `encoding` facts as kept, `claims` facts that share a key, `recording` judging a batch, `keeping`, `saying` and `deriving` the
rows that follow, `ledger` the cached ones; all of it reads and writes through `tables.Tables`. Asking: `snapshot.Snapshot` the
primitives of one moment, on which `walking`, `paths`, `surroundings`, `flowing`, `receiving` and `listing` build. A store implements
these two protocols.
"""
