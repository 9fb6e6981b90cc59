"""``reactor stack``: a development stack from one file, the same each time.

What it takes is planned in ``core.stackplans``. Here the file is read, everything that could stand in the way
is looked at before anything is made, the plan is carried out, and what becomes of it is shown.
"""
