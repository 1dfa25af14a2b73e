"""Takes the collector's packets, sends them on to the V620, and a copy to the recorder.

The collector ends about a second after its receiver is gone, so this process does nothing else,
imports next to nothing, and outlives the daemon.
"""
