"""Tools for teachers: the folder for a class, and the check of what students hand in.

class_folder    the folder that students get
texts           its texts, with marks for what differs
expected        what variables should be, from a JSON file
checking        runs what students handed in, each notebook in a process of its own
one_notebook    what such a process runs
values          the values of variables, as plain data
report          the results: table, JSON, CSV
"""
