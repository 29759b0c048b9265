"""OAuth 2.0 token endpoints of any vendor: which hosts may be asked, how they are asked, and what they refuse."""
