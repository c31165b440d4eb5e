"""Who may ask: institutions, principals, API keys, passwords, sessions and one-time links.

A principal comes from a credential and brings its institution; nothing a caller writes can name another. What a role may see is
`api.visibility`. To add a kind of credential: one file here, one line in `authentication.authenticate`, one test.
"""
