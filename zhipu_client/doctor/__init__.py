"""A check-up: is there a key, does it fit the site, does the service answer, and what is left?

On the command line: ``python -m zhipu_client`` or ``zhipu-doctor``. In a program:

    >>> from zhipu_client import doctor
    >>> print(doctor.diagnose().text())  # doctest: +SKIP

One cheap call is made (``glm-4.7-flash`` by itself, which is free; one token), beside calls that
cost nothing. Nothing that is printed contains a key.
"""

from __future__ import annotations

from zhipu_client.doctor._checks import diagnose
from zhipu_client.doctor._compare import Difference, compare
from zhipu_client.doctor._report import Finding, Report

__all__ = ["Difference", "Finding", "Report", "compare", "diagnose"]
