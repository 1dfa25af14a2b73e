"""One conversion, as a program of its own under rknn-toolkit2's Python.

Self-contained: standard library, NumPy, onnx, onnxruntime and rknn, nothing else of rovertui,
because it is started by path, isolated, under another environment or on another machine:

    python -I .../rovertui/worker/main.py [--lifeline FD] JOB.json

JSON lines come out on standard output (:mod:`.channel`), the toolkit's words on standard error.
"""
