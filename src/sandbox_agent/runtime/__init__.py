"""Everything that does I/O or holds state: sessions, logs, links, processes, installed agents."""
