"""The embedded store: one SQLite file in WAL mode for all institutions, nothing to install.

`tables` the rows and how a connection is opened; `recording` what a batch of facts does to them; `deriving` rows that
depend on several facts; `folding` ties and descriptions from their rows, as of a moment; `reading` the primitives of one
snapshot, on which `walking`, `paths` and `surroundings` build; `writing` the thread that groups commits; `store` puts
them together behind `graph.store.GraphStore`.
"""
