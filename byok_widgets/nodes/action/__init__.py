"""Action nodes: they call a person's function, in a worker and within a deadline.

node            the kind of node
function        the function: what its signature asks for, and how it is called
call, run       one call of the function: when it may run, and the run itself in its worker
argument_key    its arguments as text, which tells whether it has already run with the same ones
values          the variables that the node writes: their names, and the values from its function
result          what the node returns
"""
