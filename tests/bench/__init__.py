"""Measurements, run by `make bench`: each prints what it found beside what it is compared with and writes `.bench/NAME.json`."""
