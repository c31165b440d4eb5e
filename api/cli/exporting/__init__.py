"""Everything of one institution as files that somebody can use: what `ringfence institutions export` writes.

`folder` owns the files and their modes, `facts` writes the graph's facts with the mappings that read them back, `records` decisions,
audit entries, strategies and principals. `api.cli.institutions` puts them in order.
"""
