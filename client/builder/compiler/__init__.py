"""From C to the object that ships: toolchain, kernel types, compiling, stripping."""
