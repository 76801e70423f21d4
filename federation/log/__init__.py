"""A tiled transparency log (C2SP tlog-tiles): coordinates, files, sequencer, reader."""
