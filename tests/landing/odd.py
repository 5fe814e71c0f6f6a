"""Every odd and hostile repository, by name: importing the two modules fills the corpus."""

from __future__ import annotations

from tests.landing import odd_files as odd_files
from tests.landing import odd_states as odd_states
from tests.landing.corpus import TAKEN as ODD

__all__ = ["ODD"]
