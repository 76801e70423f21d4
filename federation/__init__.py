"""How hubs agree: tiled log, verifiable map, transport, package files, mirrors."""
