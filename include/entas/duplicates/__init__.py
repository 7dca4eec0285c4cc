"""Persons and families whom the registers in force may list twice, though no NIK says so.

The exact rule (design, section 6) settles who is the same by card and NIK, and decides what is counted. What is found
here decides nothing: pairs with a score and the evidence for it, for people to look into.
"""

from entas.duplicates.run import Summary, find_duplicates, judge_pair

__all__ = ["Summary", "find_duplicates", "judge_pair"]
