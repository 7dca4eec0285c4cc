"""Whose data are kept, for how long, and what a person can ask for (UU PDP 27/2022): retention, correction, erasure.

Figures stay whatever is destroyed: they rest on pseudonyms, and those stay or are replaced consistently.
"""

from entas.privacy.finishing import finish
from entas.privacy.requests import Answer, Subject, correct, erase, find, follow_up, requests
from entas.privacy.retention import Destroyed, destroy_old

__all__ = [
    "Answer",
    "Destroyed",
    "Subject",
    "correct",
    "destroy_old",
    "erase",
    "find",
    "finish",
    "follow_up",
    "requests",
]
