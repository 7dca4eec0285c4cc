"""Validation: the rules in expectations/*.yaml, judged by Great Expectations over batches of uploads."""

from entas.validation.judge import CHECK_COLUMNS, validate
from entas.validation.rules import Rule, load_rules, rules, sql_rules

__all__ = ["CHECK_COLUMNS", "Rule", "load_rules", "rules", "sql_rules", "validate"]
