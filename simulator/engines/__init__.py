"""Two engines that run a plan and agree event by event: ``reference`` to read, ``compiled`` to use."""
