module example.org/@CRATE@

go 1.24
