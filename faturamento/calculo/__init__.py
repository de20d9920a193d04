"""How a bill is calculated: pure functions on frozen dataclasses, Decimal in and out.

No Django, no clock, no settings. One rule family a file; `demonstrativo` puts
them together, `caso` reads and writes the JSON of the simulator.
"""
