"""What was observed: entities, ties, transfers and the facts that say so.

Owns the words of the graph (`model`, `contents`), the rules by which facts merge (`merging`), the questions
that may be asked (`store`), the stores that answer them (`stores/`), pure measures over a neighbourhood
(`measures/`), questions about money (`flows/`) and getting history in (`importing/`). Imports nothing of `identity`, `rules` or `api`.

To add a measure: one file in `measures/`, one test. To add a question about money: one file in `flows/`, one test. To add another
question: one method of `store.GraphStore` with its docstring, its answer in each store, one scenario in `tests/graph/`. To add a kind
of fact: a content in `contents`, a line in `contents.CONTENTS`, its fold in `merging`, its decoding in `decoding`.
"""
