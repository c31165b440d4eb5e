"""Names compared across scripts, orders and spellings: `Name.of` takes one apart, `likeness` compares two.

Pure functions over text; what the lists and the checks of documents and accounts share.
"""
