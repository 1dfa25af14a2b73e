"""One conversion, or one check on the NPU, as a program of its own under the Python that can.

Self-contained: standard library, NumPy, onnx, onnxruntime and rknn (for the check NumPy and
rknnlite), nothing else of rovertui, because it is started by path, isolated, under another
environment or on another machine:

    python -I .../rovertui/worker/main.py [--task convert|npu] [--lifeline FD] JOB.json

JSON lines come out on standard output (:mod:`.channel`), the toolkit's words on standard error.
"""
