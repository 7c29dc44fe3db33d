"""The run folder: its tables, the journal that survives a kill, and what reads and checks them."""
