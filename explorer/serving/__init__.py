"""Between the web server and Django: bodies are awaited by the event loop, and threads only work.

A request waits in no thread for a slow client. What is small is taken in whole before Django sees it, and goes out
whole after it is done; what carries the bytes of artifacts has threads of its own, and a line slower than the least
rate is let go. Health has a thread to itself, and so do passwords: a slow hash delays only those who send another.
"""
