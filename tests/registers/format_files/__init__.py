"""Invented files of every format that villages send, in every shape we know them to take. No real person is in them."""
