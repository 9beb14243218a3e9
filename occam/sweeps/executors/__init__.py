"""Where the units of a sweep are computed: this process, local processes, a cluster."""
