"""rovertui: calibration, quantization and deployment of rover policies from one terminal."""

__version__ = "0.1.0"
