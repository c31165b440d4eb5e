"""The stores that answer `graph.store.GraphStore`, one folder each.

To add a store: a folder here that alone imports its driver, one parameter in `tests/graph/stores.py`.
"""
