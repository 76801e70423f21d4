"""Where programs come from that no hub vouches for: files, pipes, URLs, static servers, foreign registries."""
