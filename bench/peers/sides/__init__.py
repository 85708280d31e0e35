"""One module for each side. prepare(task, dtype, threads) returns a function of nothing, which does the work once and returns
an array or a dictionary of arrays; versions() says what it ran on."""
