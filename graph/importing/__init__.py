"""Getting history in: a mapping says which columns of which files make which facts, and this reads them, maps them and records them.

    run (`importing`)  reads rows (`readers`, `parquet`), makes raw facts of them (`mapping` over `expressions`),
                       decodes them (`graph.decoding`) and gives them to a store in batches
    `rejects`          one JSON line for each row or fact that did not go in, with file, line and reason
    `journal`          how far a run came, so that a killed one goes on
    `summary`          every row and every fact accounted for
    `explaining`       a mapping in sentences, on the first rows, without writing

`mappings/` holds the ones that ship. To add one: a YAML file there and a test that imports a sample with it.
"""
