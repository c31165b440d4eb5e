"""What it means: signals over what was observed, rules over signals, and the judgement they lead to.

Owns signals (`signals/`), conditions (`conditions`), strategies (`strategies/`), the pure decision (`deciding`), the use case
that gathers a dossier within a deadline (`assessment`), and the tables of decisions and strategies. May import `graph`
and `identity`, never `api`.

To add a signal: one file in `signals/`, one line in `signals.SIGNALS`, one test. To add a rule: one entry in a strategy's YAML.
"""
