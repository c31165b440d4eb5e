"""How it is said: GraphQL in, GraphQL out, the command line, and who may ask; nothing is judged here.

Owns the composition root (`app`), settings, authentication, idempotency, audit, the schema, pages and commands. May import
`rules`, `identity` and `graph`. To add a field: its noun's file in `schema/`, then `make schema`. To add a command: one file in
`cli/`, one line in `cli.COMMANDS`, one test.
"""
