"""A tree that looks like the /proc and /sys of an RK3588, written as such a board's kernel does."""

from __future__ import annotations

from pathlib import Path

STAT = """cpu  800 0 200 7000 0 0 0 0 0 0
cpu0 {0} 0 0 {1} 0 0 0 0 0 0
cpu1 {0} 0 0 {1} 0 0 0 0 0 0
cpu2 {0} 0 0 {1} 0 0 0 0 0 0
cpu3 {0} 0 0 {1} 0 0 0 0 0 0
cpu4 {2} 0 0 {3} 0 0 0 0 0 0
cpu5 {2} 0 0 {3} 0 0 0 0 0 0
cpu6 100 0 0 900 0 0 0 0 0 0
cpu7 100 0 0 900 0 0 0 0 0 0
intr 12345
"""
MODEL = "Orange Pi 5 Plus\0"


def write(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def rk3588(root: Path) -> Path:
    write(root, "proc/device-tree/model", MODEL)
    write(root, "proc/stat", STAT.format(100, 900, 100, 900))
    parts = ["0xd05"] * 4 + ["0xd0b"] * 4
    write(
        root,
        "proc/cpuinfo",
        "\n".join(f"processor\t: {n}\nCPU part\t: {part}\n" for n, part in enumerate(parts)),
    )
    for first, members, now, limit, most in (
        (0, "0 1 2 3", 1008000, 1800000, 1800000),
        (4, "4 5", 2256000, 2256000, 2256000),
        (6, "6 7", 1200000, 1416000, 2256000),
    ):
        policy = f"sys/devices/system/cpu/cpufreq/policy{first}"
        write(root, f"{policy}/related_cpus", f"{members}\n")
        write(root, f"{policy}/scaling_cur_freq", f"{now}\n")
        write(root, f"{policy}/scaling_max_freq", f"{limit}\n")
        write(root, f"{policy}/cpuinfo_max_freq", f"{most}\n")
    for number, (name, temp) in enumerate(
        (("soc-thermal", 61000), ("bigcore0-thermal", 72500), ("npu-thermal", 58000))
    ):
        zone = f"sys/class/thermal/thermal_zone{number}"
        write(root, f"{zone}/type", f"{name}\n")
        write(root, f"{zone}/temp", f"{temp}\n")
    zone = "sys/class/thermal/thermal_zone0"
    for number, (kind, temp) in enumerate(
        (("passive", 75000), ("passive", 85000), ("critical", 115000))
    ):
        write(root, f"{zone}/trip_point_{number}_type", f"{kind}\n")
        write(root, f"{zone}/trip_point_{number}_temp", f"{temp}\n")
    for number, (name, state) in enumerate(
        (("thermal-cpufreq-0", 0), ("thermal-cpufreq-2", 3), ("pwm-fan", 4))
    ):
        device = f"sys/class/thermal/cooling_device{number}"
        write(root, f"{device}/type", f"{name}\n")
        write(root, f"{device}/cur_state", f"{state}\n")
    write(root, "proc/meminfo", "MemTotal:  16000000 kB\nMemFree: 1 kB\nMemAvailable: 9000000 kB\n")
    write(
        root,
        "proc/net/wireless",
        "Inter-| sta-|   Quality        |\n face | tus | link level noise |\n"
        " wlan0: 0000   39.  -71.  -256        0      0      0      0     57        0\n",
    )
    npu = "sys/class/devfreq/fdab0000.npu"
    write(root, f"{npu}/cur_freq", "1000000000\n")
    write(root, f"{npu}/max_freq", "1000000000\n")
    write(root, "sys/module/rknpu/version", "0.9.8\n")
    write(root, "sys/kernel/debug/rknpu/load", "NPU load:  Core0: 43%, Core1:  0%, Core2:  7%,\n")
    write(root, "sys/kernel/debug/rknpu/version", "RKNPU driver: v0.9.8\n")
    library = root / "usr/lib/librknnrt.so"
    library.parent.mkdir(parents=True)
    library.write_bytes(b"\x7fELF" + b"\0" * 500 + b"librknnrt version: 2.3.2 (429f97ae6b@2025)\0")
    process(root, 500, 1, 100, 2560)
    process(root, 501, 500, 50, 2560)
    process(root, 502, 501, 50, 2560)
    process(root, 900, 1, 10, 2560)
    process(root, 901, 1, 9999, 99999)
    return root


def process(root: Path, pid: int, parent: int, ticks: int, pages: int) -> None:
    fields = ["S", str(parent), *["0"] * 9, str(ticks), "0", *["0"] * 8, str(pages), "0"]
    write(root, f"proc/{pid}/stat", f"{pid} (a ) odd (name) {' '.join(fields)}\n")
