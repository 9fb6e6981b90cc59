"""The manager of services that started us: what it is told of a monitor, and how it is known that this works.

``notifying`` sends, ``standing`` says how it stands, ``working`` judges whether it works, ``reporting`` joins
them. What is wrong in a configuration or an engine is no business of a service manager's.
"""
