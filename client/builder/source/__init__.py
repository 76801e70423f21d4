"""What source and object say of a program's use: comments, options, events, views, attach points."""
