"""From files in the inbox to rows in the warehouse, and a workbook back to the village."""

from entas.intake.run import IntakeSummary, UploadOutcome, run_intake

__all__ = ["IntakeSummary", "UploadOutcome", "run_intake"]
