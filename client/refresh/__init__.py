"""Trust material made new: the public root along its TUF chain, files of other Sigstores, notes of origins."""
