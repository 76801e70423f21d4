"""Other hubs: mirroring their logs here, and knowing who mirrors ours."""
