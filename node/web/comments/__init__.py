"""Comments on the pages: a package's, one alone with its forms, and what maintainers look at."""
