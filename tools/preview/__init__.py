"""A look at the boards where no Grafana can be had: drawn by Grafana's own components, in a browser.

A developer's command, part of no test and not shipped. Once, in this folder:
``npm install --no-package-lock`` and ``npm run build``; then ``python -m tools.preview``. A picture proves
little: see ``preview.jsx``.
"""
