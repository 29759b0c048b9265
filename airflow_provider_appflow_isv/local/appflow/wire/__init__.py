"""Requests as they come over the wire: the model, validation, pages, client tokens, permissions."""
