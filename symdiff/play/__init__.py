"""The page to play with: `answers` is what is asked of it, `desk` asks it of a process of its own, `server` serves it.

The page itself is in the folder `page`, one file for each of markup, style and the parts of the script. What it is told
comes from one pure function, `answers.answer`, from JSON to JSON: behind a server of this machine (`server`), or in the
browser itself (`static`).
"""
