"""Who someone is: today the vault that keeps personal values and derives ids; checks and verifications come with their issue.

May import `graph` (whose `Sealer` protocol the vault implements), never `rules` or `api`.
"""
