"""How we talk to the outside: files, databases, CRM APIs, and the built-in demo CRM."""
