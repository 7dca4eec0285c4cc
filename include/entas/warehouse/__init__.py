"""The warehouse: which server, which role, and its objects outside dbt."""

from entas.warehouse.connection import Warehouse, open_warehouse

__all__ = ["Warehouse", "open_warehouse"]
