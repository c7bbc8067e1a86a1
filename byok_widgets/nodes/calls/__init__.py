"""Model calls of nodes: from what a node asks to the reply it gets.

call                what a node asks of a model, and the request that it becomes
model_call          one call: admitted, counted, sent, and sent again where that helps
sending             a call on its way, from the request to the reply
structured_output   calls that ask for an object of a given shape
admission           who is asked before each call
call_budget         limits on the calls and the cost of a turn
visit_budget        limits on what the visitors of a page may spend
turn_scope          what the steps of a served turn share
lane                which case and which repeat a call belongs to
tape                what records calls, or answers them from a recording
waits               what calls wait for, for displays
"""
