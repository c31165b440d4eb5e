"""A simulated market of micro-merchants: innocent groups that share things, and rings that mean harm.

One file a group; `parameters` holds every number with its source; `simulation` puts the groups together and walks the days;
`writing` turns the days into files. To add a group: one file with a function `(Builder, ...) -> list[Shop]`, one line in
`simulation`, one test.
"""
