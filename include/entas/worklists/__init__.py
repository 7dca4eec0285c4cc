"""Daftar verifikasi: whom the social workers of kecamatan (TKSK) and villages (PSM) are asked to verify.

What is on the list and why is decided by `marts.rpt_verification_worklist`; here it gets names and sentences, and a
workbook that comes back as a register of decisions.
"""

from entas.worklists.run import Summary, write_worklists

__all__ = ["Summary", "write_worklists"]
