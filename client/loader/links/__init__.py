"""How each kind of program is attached; client/loader/attach.py chooses among them."""
