"""Who is let in over TCP: the file of ``--web.config.file``, certificates and passwords, what browsers may.

What belongs here is the file in the format of Prometheus' exporter-toolkit, how it is kept up to date, and
the checks that stand before every answer. What is answered is in ``web``; TLS itself is in ``http``.
"""
