"""A course as a static site: JupyterLite, whose kernel runs in the browser's tab.

build           the site: what is copied where, and JupyterLite's own builder
wheels          the packages of the kernel, from the registry
stand_ins       wheels for what has none for the browser
lock            the list of packages by which the kernel finds them
"""
