"""Pure questions over a neighbourhood and over flows of money: one question a file, one frozen value an answer.

`picture` makes the networkx form that all of them work on, `household` says who applies. Those over ties take a
`Picture` and a `Household`; those over money take a `Flows` and the accounts that the household holds; those over
`Receipts` take nothing else. No measure reads a clock, a store or a setting, and none changes what it is given.
Each answer names the entities and the ties that it rests on, weightiest first.

To add one: a file with one public function whose docstring says what it answers, its cost, an example that runs and
where the method is from; and a test in `tests/graph/test_measures_*.py`.
"""
