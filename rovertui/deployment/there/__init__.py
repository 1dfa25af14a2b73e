"""A program that runs on another rover: looks at its models, or puts one into service there.

Its modules are sent over SSH and run by that rover's Python, so they need the standard library
alone, and nothing else of rovertui. One process does the whole switch, under the lock that
rovertui itself takes there: a line that breaks meanwhile changes nothing.
"""
