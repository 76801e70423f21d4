"""A package's own tests, for `ecli test`: which they are, whether they may run, what came of them."""
