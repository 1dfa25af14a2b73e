"""Train the demo policy by cloning the simulated driver, and write it as ONNX.

Run it with the toolkit's Python, which brings torch and onnx:

    nice python rovertui/demo/train_policy.py --output rovertui/demo/policy.onnx

The network has the layers of the rover's real policy. It is fed colour / 255, depth in metres / 6
and the six numbers raw. Every picture is shown with several variations of the six numbers and
the driver's answer to each: on a drive they hardly vary, and a clone would learn to ignore them.
The last epochs round weights and activations of the convolutions to eight bits on a grid that
changes from batch to batch: the flat colours of a simulated world make rounding errors alike all
over a picture, where the noise of a real one would average them out.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from torch import nn

HERE = Path(__file__).resolve().parent
PROPRIO_MEAN = (0.08, 0.0, 0.0, 0.0, 9.8, 1.5)
PROPRIO_SCALE = (0.1, 0.3, 0.1, 0.1, 1.0, 1.0)
FED = {"rgb": "rgb/255", "depth": "metres/6", "proprio": "raw"}


def load_world() -> tuple[ModuleType, ModuleType, ModuleType]:
    """The modules `world`, `driver` and `observation`, loaded by path: the toolkit's environment
    does not hold this program."""
    name = "simulated_rover"
    spec = importlib.util.spec_from_file_location(
        name, HERE / "__init__.py", submodule_search_locations=[str(HERE)]
    )
    assert spec is not None and spec.loader is not None
    sys.modules[name] = package = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(package)
    world, driver, observation = (
        importlib.import_module(f"{name}.{part}") for part in ("world", "driver", "observation")
    )
    return world, driver, observation


world_module, driver_module, observation_module = load_world()


@dataclass(frozen=True)
class Drive:
    """Frames of some drives: rgb (n,3,240,424) uint8, depth (n,1,240,424) float16 in metres / 6,
    proprio (n,6), the driver's action (n,2), what it saw (View) and the labels."""

    rgb: NDArray[np.uint8]
    depth: NDArray[np.float16]
    proprio: NDArray[np.float32]
    action: NDArray[np.float32]
    views: list[object]
    labels: list[str]


def record(seeds: list[int], seconds: float, dull_every: float, **options: float) -> Drive:
    """Frames of some drives: close in time near bollards, every 1.2 s of other rare moments, and
    a dull frame each `dull_every` seconds."""
    frames, views = [], []
    for seed in seeds:
        world = world_module.World(seed, **options)
        last = -dull_every
        while world.stamp < seconds:
            world.step(0.1)
            view = world.view()
            common = world.label() == observation_module.COMMON_LABEL
            pause = dull_every if common else 1.2
            if max(view.keep_left, view.keep_right) > 0.1:
                pause = 0.3
            if world.stamp - last < pause - 1e-6:
                continue
            last = world.stamp
            frames.append(world.observe())
            views.append(view)
    return Drive(
        rgb=np.stack([f.rgb.transpose(2, 0, 1) for f in frames]),
        depth=np.stack(
            [(observation_module.sample_depth(f.depth) / 6.0)[None] for f in frames]
        ).astype(np.float16),
        proprio=np.stack([f.proprio for f in frames]),
        action=np.stack([f.action for f in frames]),
        views=views,
        labels=[f.label for f in frames],
    )


def vary(
    drive: Drive, copies: int, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Six numbers (n, copies, 6) and the driver's actions (n, copies, 2); the first is as felt."""
    count = len(drive.views)
    spread = np.array([0.05, 0.25, 0.08, 0.08, 0.8, 0.0])
    numbers = drive.proprio[:, None, :].repeat(copies, axis=1).astype(np.float64)
    few = rng.random((count, copies, 6)) < 0.5
    numbers += few * spread * rng.standard_normal((count, copies, 6))
    near = np.exp(rng.uniform(np.log(0.15), np.log(4.0), (count, copies)))
    numbers[..., 5] = np.where(few[..., 5], near, numbers[..., 5])
    numbers[:, 0] = drive.proprio
    actions = np.array(
        [
            [driver_module.decide(view, row.tolist()) for row in rows]
            for view, rows in zip(drive.views, numbers, strict=True)
        ]
    )
    return numbers.astype(np.float32), actions.astype(np.float32)


class Policy(nn.Module):
    """The layers of the rover's policy: two picture branches, fusion by a global average, and
    the six numbers joined late."""

    def __init__(self) -> None:
        super().__init__()
        self.rgb = nn.Sequential(
            nn.Conv2d(3, 32, 5, 2, 2), nn.ReLU(), nn.Conv2d(32, 64, 3, 2, 1), nn.ReLU()
        )
        self.depth = nn.Sequential(
            nn.Conv2d(1, 16, 5, 2, 2), nn.ReLU(), nn.Conv2d(16, 32, 3, 2, 1), nn.ReLU()
        )
        self.fusion = nn.Sequential(
            nn.Conv2d(96, 128, 3, 2, 1), nn.ReLU(), nn.Conv2d(128, 128, 3, 2, 1), nn.ReLU()
        )
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.proprio = nn.Sequential(nn.Linear(6, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU())
        self.head = nn.Sequential(
            nn.Linear(192, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 2)
        )

    def see(self, rgb: torch.Tensor, depth: torch.Tensor) -> torch.Tensor:
        fused = self.fusion(torch.cat([self.rgb(rgb), self.depth(depth)], dim=1))
        return torch.flatten(self.pool(fused), 1)

    def see_rounded(self, rgb: torch.Tensor, depth: torch.Tensor) -> torch.Tensor:
        """The same with weights and activations rounded to about eight bits."""
        both = [_rounded(self.rgb, rgb), _rounded(self.depth, _round(depth, (1, 2, 3)))]
        fused = _rounded(self.fusion, torch.cat(both, dim=1))
        return torch.flatten(self.pool(fused), 1)

    def forward(
        self, rgb: torch.Tensor, depth: torch.Tensor, proprio: torch.Tensor
    ) -> torch.Tensor:
        return self.act(self.see(rgb, depth), proprio)

    def act(self, seen: torch.Tensor, proprio: torch.Tensor) -> torch.Tensor:
        return torch.tanh(self.head(torch.cat([seen, self.proprio(proprio)], dim=1)))

    def take_raw_numbers(self) -> None:
        """Fold the normalisation used while training into the first layer, so that the network
        takes the six numbers raw."""
        first = self.proprio[0]
        assert isinstance(first, nn.Linear)
        with torch.no_grad():
            first.weight /= torch.tensor(PROPRIO_SCALE)
            first.bias -= first.weight @ torch.tensor(PROPRIO_MEAN)

    def take_normalised_numbers(self) -> None:
        """Undo `take_raw_numbers`."""
        first = self.proprio[0]
        assert isinstance(first, nn.Linear)
        with torch.no_grad():
            first.bias += first.weight @ torch.tensor(PROPRIO_MEAN)
            first.weight *= torch.tensor(PROPRIO_SCALE)


def _round(
    values: torch.Tensor, axes: tuple[int, ...] | None = None, steps: int = 255
) -> torch.Tensor:
    """Values on a grid of about so many steps up to the largest (over `axes`); the gradient
    passes."""
    largest = values.detach().abs()
    largest = largest.max() if axes is None else largest.amax(dim=axes, keepdim=True)
    step = largest / steps * float(torch.empty(()).uniform_(0.8, 1.8)) + 1e-9
    return values + (torch.round(values / step) * step - values).detach()


def _rounded(layers: nn.Sequential, x: torch.Tensor) -> torch.Tensor:
    for layer in layers:
        if isinstance(layer, nn.Conv2d):
            weight = _round(layer.weight, (1, 2, 3), steps=127)
            x = nn.functional.conv2d(x, weight, layer.bias, layer.stride, layer.padding)
        else:
            x = _round(layer(x))
    return x


def pictures(drive: Drive, rows: NDArray[np.int64]) -> tuple[torch.Tensor, torch.Tensor]:
    rgb = torch.from_numpy(drive.rgb[rows]).float() / 255.0
    depth = torch.from_numpy(drive.depth[rows]).float()
    return rgb.contiguous(memory_format=torch.channels_last), depth


def train(
    policy: Policy,
    drive: Drive,
    epochs: int,
    *,
    batch: int,
    copies: int,
    seed: int,
    rate: float,
    rounded: bool,
) -> None:
    """Clone the driver; a line of progress an epoch on standard error."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    policy.to(memory_format=torch.channels_last)
    see = policy.see_rounded if rounded else policy.see
    steps = epochs * (len(drive.views) // batch)
    optimiser = torch.optim.AdamW(policy.parameters(), lr=1e-3, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, max_lr=rate, total_steps=steps, pct_start=0.15
    )
    mean, scale = torch.tensor(PROPRIO_MEAN), torch.tensor(PROPRIO_SCALE)
    for epoch in range(epochs):
        began = time.monotonic()
        numbers, actions = vary(drive, copies, rng)
        order = rng.permutation(len(drive.views))
        total = np.zeros(2)
        for start in range(0, len(order) - batch + 1, batch):
            rows = np.sort(order[start : start + batch])
            with torch.autocast("cpu", dtype=torch.bfloat16):
                seen = see(*pictures(drive, rows)).float()
            seen = seen.repeat_interleave(copies, dim=0)
            felt = (torch.from_numpy(numbers[rows]).reshape(-1, 6) - mean) / scale
            wanted = torch.from_numpy(actions[rows]).reshape(-1, 2)
            error = nn.functional.smooth_l1_loss(
                policy.act(seen, felt), wanted, beta=0.05, reduction="none"
            )
            # Turning is read from the pictures alone and is learnt last.
            loss = (error * torch.tensor([1.0, 2.0])).mean()
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(policy.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            total += error.detach().mean(dim=0).numpy()
        linear, angular = total / (len(order) // batch)
        print(
            f"epoch {epoch + 1}/{epochs}: loss {linear:.4f} linear, {angular:.4f} angular, "
            f"{time.monotonic() - began:.0f} s",
            file=sys.stderr,
            flush=True,
        )


def start_from(path: Path) -> Policy:
    """A policy with the weights of an ONNX file that this script wrote."""
    stored = {t.name: onnx.numpy_helper.to_array(t) for t in onnx.load(str(path)).graph.initializer}
    policy = Policy()
    policy.load_state_dict({name: torch.tensor(stored[name]) for name in policy.state_dict()})
    policy.take_normalised_numbers()
    return policy


def balance(policy: Policy, drive: Drive) -> None:
    """Scale the channels of the last convolution to a like range and the next layer by the
    inverse: the same function, but one eight-bit scale then serves all of them."""
    last, after = policy.fusion[2], policy.head[0]
    assert isinstance(last, nn.Conv2d) and isinstance(after, nn.Linear)
    largest, pooled = torch.zeros(128), torch.zeros(128)
    with torch.no_grad():
        for start in range(0, len(drive.views), 16):
            rgb, depth = pictures(drive, np.arange(start, min(start + 16, len(drive.views))))
            fused = policy.fusion(torch.cat([policy.rgb(rgb), policy.depth(depth)], dim=1))
            largest = torch.maximum(largest, fused.amax(dim=(0, 2, 3)))
            pooled = torch.maximum(pooled, policy.pool(fused).amax(dim=(0, 2, 3)))
        # Between the two: rounding happens before and after the average.
        scale = torch.sqrt(largest * pooled)
        scale = torch.where(scale > 1e-4 * scale.max(), scale, scale.max())
        last.weight /= scale[:, None, None, None]
        last.bias /= scale
        after.weight[:, : len(scale)] *= scale


def judge(policy: Policy, drive: Drive) -> dict[str, dict[str, float]]:
    """Error against the driver on drives it has not seen, common and rare frames apart."""
    found = []
    with torch.no_grad():
        for start in range(0, len(drive.views), 32):
            rows = np.arange(start, min(start + 32, len(drive.views)))
            found.append(policy(*pictures(drive, rows), torch.from_numpy(drive.proprio[rows])))
    acted = torch.cat(found).numpy()
    rare = np.array([label != observation_module.COMMON_LABEL for label in drive.labels])
    groups = {"common": ~rare, "rare": rare, "all": np.ones_like(rare)}
    for label in sorted(set(drive.labels)):
        groups[f"label.{label}"] = np.array(drive.labels) == label
    report = {}
    for name, mask in groups.items():
        ours, driver = acted[mask], drive.action[mask]
        row = {"frames": int(mask.sum())}
        for axis, part in enumerate(("linear", "angular")):
            row[f"{part}_mae"] = round(float(np.abs(ours - driver)[:, axis].mean()), 4)
            if mask.sum() > 2:
                both = np.corrcoef(ours[:, axis], driver[:, axis])
                row[f"{part}_correlation"] = round(float(both[0, 1]), 3)
        report[name] = row
    return report


def export(policy: Policy, path: Path, step: int) -> None:
    """Write the ONNX file (opset 11, dynamic batch) with what is needed to feed it."""
    axes = {name: {0: "batch"} for name in ("rgb", "depth", "proprio", "action")}
    example = (torch.zeros(1, 3, 240, 424), torch.zeros(1, 1, 240, 424), torch.zeros(1, 6))
    torch.onnx.export(
        policy.to(memory_format=torch.contiguous_format),
        example,
        str(path),
        opset_version=11,
        input_names=["rgb", "depth", "proprio"],
        output_names=["action"],
        dynamic_axes=axes,
    )
    model = onnx.load(str(path))
    fed = {f"feed.{name}": what for name, what in FED.items()}
    onnx.helper.set_model_props(model, {"training_step": str(step), "simulated": "true", **fed})
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, str(path))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--output", type=Path, required=True, help="ONNX file to write")
    parser.add_argument("--step", type=int, default=1250, help="training step it is named after")
    parser.add_argument(
        "--seeds", type=int, nargs="+", default=[101, 102, 103, 104, 105], help="drives"
    )
    parser.add_argument("--check-seed", type=int, default=201, help="drive to judge it on")
    parser.add_argument("--seconds", type=float, default=1300.0, help="source time of each drive")
    parser.add_argument("--dull-every", type=float, default=5.0, help="seconds between dull frames")
    parser.add_argument("--slip", type=float, default=0.8, help="rad/s lost by the wheels")
    parser.add_argument("--epochs", type=int, default=13, help="first, without rounding")
    parser.add_argument("--rounded-epochs", type=int, default=4, help="more, with rounding")
    parser.add_argument("--start", type=Path, help="ONNX to go on from instead of the first epochs")
    parser.add_argument("--batch", type=int, default=16, help="pictures a step")
    parser.add_argument("--copies", type=int, default=8, help="variations of the six numbers")
    parser.add_argument("--threads", type=int, default=2, help="of torch")
    parser.add_argument("--seed", type=int, default=7, help="of weights and order")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.use_deterministic_algorithms(True)
    began = time.monotonic()
    drive = record(options.seeds, options.seconds, options.dull_every, slip=options.slip)
    recorded = time.monotonic() - began
    print(f"{len(drive.views)} frames in {recorded:.0f} s", file=sys.stderr, flush=True)
    torch.manual_seed(options.seed)
    policy = start_from(options.start) if options.start else Policy()
    common = {"batch": options.batch, "copies": options.copies}
    if not options.start:
        train(policy, drive, options.epochs, seed=options.seed, rate=2e-3, rounded=False, **common)
    if options.rounded_epochs:
        train(
            policy,
            drive,
            options.rounded_epochs,
            seed=options.seed + 1,
            rate=4e-4,
            rounded=True,
            **common,
        )
    policy.take_raw_numbers()
    policy.eval()
    balance(policy, drive)
    seconds = time.monotonic() - began
    check = record([options.check_seed], options.seconds, options.dull_every)
    report = judge(policy, check)
    export(policy, options.output, options.step)
    print(json.dumps({"frames": len(drive.views), "seconds": round(seconds), "check": report}))


if __name__ == "__main__":
    main()
