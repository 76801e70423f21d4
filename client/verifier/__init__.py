"""What the kernel's verifier says of a program it refuses, read and explained. Nothing is loaded here."""
