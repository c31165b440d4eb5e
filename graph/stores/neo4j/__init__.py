"""The server store: a Neo4j that several processes share.

`catalogue` every query by name; `migrating` constraints and indexes; `connecting` drivers, pools and time limits; `filing` and `reading`
the two protocols of `graph.stores.shared` in Cypher; `store` puts them together behind `graph.store.GraphStore`.

An institution has one writer at a time: the first statement of everything that writes takes a lock on its node, in which order others come
does not matter then, and nothing can deadlock within it. It costs that two calls for one institution wait for each other, a commit each;
institutions do not wait for one another. So a small call asks once under the lock (`expecting` says for what), answers what it asks itself
later from that and from what it wrote (`knowing`), and writes with COMMIT: two round trips.

What an analyst sees in the database: `(:Entity)` with a label for its kind; a relationship for each tie, named by its kind, with first,
last and count; `(:Entity)-[:TRANSFERRED]->(:Entity)` for each transfer; `(:Fact)-[:NAMES]->(:Entity)`. `(:Observation)` and `(:Statement)`
are what facts say of ties and entities, each with when it was known, out of which any past moment is folded.
"""
