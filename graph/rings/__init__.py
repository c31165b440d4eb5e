"""Rings: people and merchants tied so closely that they act as one.

    `sharing`      ties as what they are evidence of: which actors (a person with the companies that the person owns) share which things
    `weights`      how surprising it is to share a thing, in thousandths of a bit: one frozen version
    `pairs`        actors who share things, and how surprising all of it is together
    `communities`  what holds together inside a component of strong pairs (scikit-network)
    `finding`      all of it, from ties to rings
    `following`    the same, kept up as ties come and go
    `living`       what happened to each ring
    `writing`      rings as Parquet

Everything here is a function of ties, judgements and one version of the weights: whoever computes it gets the same rings with the same ids.
All weights are whole numbers, so that the order of adding changes nothing.

To add a kind of evidence: a member of `sharing.Shared`, a line in `sharing._THINGS` (or a case in `gather`), a weight, and a test.
"""
