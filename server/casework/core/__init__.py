"""How work moves: intake, runs, reviews, verdicts, when to land, and what to journal about it. No adapters."""
