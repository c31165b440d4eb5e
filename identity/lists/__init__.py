"""Watchlists: read from FollowTheMoney JSON Lines, kept by version, searched in memory, judged by people.

`entries` reads a file, `index` finds and scores, `screening` says what stands for a subject, `tables` and `records` keep
lists, judgements and how far a re-screening is.
"""
