"""Delivery of releases to those who receive the report without asking."""

from entas.publishing.deliveries import Delivery, deliver, deliveries
from entas.publishing.recipients import Recipient, load_recipients

__all__ = ["Delivery", "Recipient", "deliver", "deliveries", "load_recipients"]
