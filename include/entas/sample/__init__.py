"""An invented sample: a regency's uploads over three months, and the truth of what they must come to.

Every person, number and amount is made up (``people`` says how). Only the villages are real. ``write_sample`` is the
whole interface; nothing of the pipeline imports this package.
"""

from entas.sample.generate import write_sample

__all__ = ["write_sample"]
