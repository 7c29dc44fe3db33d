"""The `wildpose` command: one small module per sub-command."""
