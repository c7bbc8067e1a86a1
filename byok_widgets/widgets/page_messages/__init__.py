"""Everything that travels between the widgets and the page, with a module for each view.

The page's `messages.ts` is generated from them: `python -m tests.js.page_types`. The kernel's side imports these
types for the type checker alone.
"""
