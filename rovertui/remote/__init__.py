"""The link to the training server: trust, what it has, and how a checkpoint gets here."""
