"""How well the judging works, measured from outside: populations with known labels.

Owns the simulated market (`population/`). Nothing that judges, and nothing of `graph`, may import from here: a constant
that both the simulator and a rule know would prove nothing.
"""
