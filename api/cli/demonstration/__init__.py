"""The demonstration: a simulated market goes through the real line, and its labels, which no server sees, judge the verdicts.

`ground` owns the folder and who is in it, `server` the server process, `traffic` what is sent over HTTP, `score` the comparison with
the labels, `telling` what is printed. `api.cli.demo` puts them in order.
"""
