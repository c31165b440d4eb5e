"""Questions about where money went, came from and turned round: one file each, named as a fraud analyst would ask them.

A question is a frozen value with the accounts, people or loan that it is about and a `Scope`; `answer(reader)` is a pure function of what
a `MoneyReader` says, which is one snapshot of one institution at one moment. A store hands its own reader in, or answers a
question by a statement of its own: then the same tests hold it to the same answers.

The eighteen are the complex and simple reads of the LDBC FinBench benchmark; each docstring says which one it equals.
To add one: a file here, a test in `tests/graph/flows`.
"""
