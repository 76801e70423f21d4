"""How a mirror follows an origin: sources, the replica it keeps, one pull, archives for the air gap."""
