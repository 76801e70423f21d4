"""Maps that are looked at again and again: their entries as rows, tables, histograms."""
