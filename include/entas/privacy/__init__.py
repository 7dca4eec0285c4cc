"""Whose data are kept, for how long, and what a person can ask for (UU PDP 27/2022): retention, correction, erasure.

Figures stay whatever is destroyed: they rest on pseudonyms, and those stay or are replaced consistently.
"""

from entas.privacy.access import find
from entas.privacy.correction import CORRECTABLE, correct
from entas.privacy.erasure import erase
from entas.privacy.finishing import finish
from entas.privacy.requests import Answer, requests
from entas.privacy.retention import Destroyed, destroy_old
from entas.privacy.subjects import Subject
from entas.privacy.watching import follow_up

__all__ = [
    "CORRECTABLE",
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
