"""One contract suite per port, run over every adapter, against the simulated world."""
