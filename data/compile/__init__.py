"""The scripts that compile the bundled elections from the offices' published files."""
