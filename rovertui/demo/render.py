"""Pictures of the simulated building: one ray a column against walls and cylinders.

Inverse depth of floor and ceiling is linear in the image row, a wall's is constant along a
column: the nearest surface of every pixel is a maximum of planes, which is what keeps a frame at
a few milliseconds in numpy.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .observation import HEIGHT, WIDTH
from .track import HEDGE_HEIGHT_M, OUTDOORS, ROOM, WALL_HEIGHT_M, Cylinder, Walls

FloatImage = NDArray[np.float32]

# The colour camera's field of view of a D435i: 69 degrees across, depth aligned to it.
FOCAL_PX = WIDTH / 2 / float(np.tan(np.radians(34.5)))
CAMERA_HEIGHT_M = 0.25
CAMERA_RANGE_M = 10.0
_MARGIN = 64

_NAMES = (
    "floor",
    "ceiling",
    "wall_left",
    "wall_right",
    "rail_left",
    "rail_right",
    "skirting",
    "door",
    "room_wall",
    "hedge",
    "grass",
    "sky",
    "orange",
    "blue",
    "bin",
    "tree",
    "person",
)
_CLASS = {name: i for i, name in enumerate(_NAMES)}
_PALETTE = np.array(
    [
        (118, 116, 112),
        (190, 190, 186),
        (168, 164, 150),
        (150, 162, 168),
        (50, 80, 190),
        (205, 180, 40),
        (70, 64, 58),
        (112, 78, 52),
        (176, 150, 132),
        (52, 92, 44),
        (84, 118, 60),
        (150, 185, 225),
        (235, 110, 25),
        (30, 60, 225),
        (90, 130, 96),
        (88, 66, 46),
        (150, 40, 90),
    ],
    dtype=np.float32,
)

_ROWS = np.arange(HEIGHT, dtype=np.float32)[:, None]
_CENTRE_ROW = (HEIGHT - 1) / 2
_COLUMNS = np.arange(WIDTH, dtype=np.float32)
_CENTRE_COLUMN = (WIDTH - 1) / 2
_SLOPE = ((_CENTRE_COLUMN - _COLUMNS) / FOCAL_PX).astype(np.float64)


@dataclass(frozen=True, slots=True)
class Scene:
    """All that one picture needs. Lengths in metres, angles in rad, left and nose-up positive.

    open_air is the stretch ahead without a roof (from, to), light the exposure (1 = well lit),
    light_outside the same under the sky, holes the share of depth pixels without a match.
    """

    x: float
    y: float
    heading: float
    pitch: float
    roll: float
    walls: Walls
    cylinders: list[Cylinder]
    open_air: tuple[float, float] | None
    light: float
    light_outside: float
    holes: float


def cast(
    walls: Walls, x: float, y: float, heading: float, slope: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
    """Nearest wall of each ray from (x, y), rays given by their sideways slope (left positive).

    Returns depth along the heading in metres (inf where nothing is hit), the index of the segment
    and the place on it in metres from its start.
    """
    cos, sin = np.cos(heading), np.sin(heading)
    offset = walls.start - (x, y)
    span = walls.end - walls.start
    ahead = offset[:, 0] * cos + offset[:, 1] * sin
    left = offset[:, 1] * cos - offset[:, 0] * sin
    d_ahead = span[:, 0] * cos + span[:, 1] * sin
    d_left = span[:, 1] * cos - span[:, 0] * sin
    # A point of the segment lies on the ray where left = slope * ahead.
    across = d_left[:, None] - slope * d_ahead[:, None]
    across[across == 0.0] = 1e-12
    part = (slope * ahead[:, None] - left[:, None]) / across
    depth = ahead[:, None] + part * d_ahead[:, None]
    depth[(part < -1e-9) | (part > 1.0 + 1e-9) | (depth < 0.02)] = np.inf
    index = depth.argmin(axis=0)
    ray = np.arange(len(slope))
    place = part[index, ray] * np.hypot(span[index, 0], span[index, 1])
    return depth[index, ray], index, place


def cast_cylinder(
    cylinder: Cylinder, x: float, y: float, heading: float, slope: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Depth along the heading at which each ray meets the cylinder, inf where it does not."""
    cos, sin = np.cos(heading), np.sin(heading)
    ahead = (cylinder.x - x) * cos + (cylinder.y - y) * sin
    left = (cylinder.y - y) * cos - (cylinder.x - x) * sin
    a = 1.0 + slope * slope
    b = ahead + slope * left
    c = ahead * ahead + left * left - cylinder.radius**2
    root = b * b - a * c
    depth = (b - np.sqrt(np.maximum(root, 0.0))) / a
    missed = (root < 0.0) | (depth < 0.02)
    return np.where(missed, np.inf, depth)


def render(scene: Scene, rng: np.random.Generator) -> tuple[NDArray[np.uint8], FloatImage]:
    """The picture (240, 424, 3) uint8 RGB and depth (240, 424) float32 in metres with holes."""
    horizon = (
        _CENTRE_ROW + FOCAL_PX * np.tan(scene.pitch) - scene.roll * (_COLUMNS - _CENTRE_COLUMN)
    ).astype(np.float32)
    below = _ROWS - horizon
    wall_depth, segment, place = cast(scene.walls, scene.x, scene.y, scene.heading, _SLOPE)
    zone = scene.walls.zone[segment]
    inverse_wall = (1.0 / wall_depth).astype(np.float32)

    inverse_floor = below / np.float32(FOCAL_PX * CAMERA_HEIGHT_M)
    inverse_ceiling = below / np.float32(-FOCAL_PX * (WALL_HEIGHT_M - CAMERA_HEIGHT_M))
    inverse = np.maximum(inverse_floor, inverse_ceiling)
    is_wall = inverse_wall > inverse
    hedge = zone == OUTDOORS
    if hedge.any():
        above = below < np.float32(CAMERA_HEIGHT_M - HEDGE_HEIGHT_M) * FOCAL_PX * inverse_wall
        is_wall &= ~(above & hedge)
    kind = np.where(below > 0, np.uint8(_CLASS["floor"]), np.uint8(_CLASS["ceiling"]))
    shade = np.full((HEIGHT, WIDTH), np.float32(scene.light))
    outside = _outside(scene, inverse)
    if outside is not None:
        kind[outside] = np.where(below > 0, _CLASS["grass"], _CLASS["sky"])[outside]
        shade[outside] = scene.light_outside
    _floor_tiles(scene, inverse_floor, below, shade)
    inverse = np.where(is_wall, inverse_wall, inverse)
    _paint_walls(scene, is_wall, below, wall_depth, segment, place, kind, shade)
    inverse[kind == _CLASS["sky"]] = 1e-3
    for cylinder in scene.cylinders:
        _paint_cylinder(scene, cylinder, horizon, inverse, kind, shade)

    depth = 1.0 / np.maximum(inverse, np.float32(1e-3))
    shade *= 1.3 / (0.9 + np.float32(0.05) * np.minimum(depth, 12.0))
    rgb = _expose(kind, shade, rng)
    return rgb, _sense_depth(depth, rgb, scene.holes, rng)


def _outside(scene: Scene, inverse: FloatImage) -> NDArray[np.bool_] | None:
    """Floor and ceiling pixels that lie under the open sky."""
    if scene.open_air is None:
        return None
    begin, end = scene.open_air
    nearer: NDArray[np.bool_] = inverse > np.float32(1.0 / max(end, 0.05))
    nearer &= inverse < np.float32(1.0 / begin if begin > 0.02 else np.inf)
    return nearer


def _floor_tiles(
    scene: Scene, inverse_floor: FloatImage, below: FloatImage, shade: FloatImage
) -> None:
    """Tiles of half a metre that stay where they are as the rover moves."""
    top = int(np.clip(-below[0].max(), 0, HEIGHT - 1))
    part = inverse_floor[top:]
    ahead = 1.0 / np.maximum(part, np.float32(0.05))
    side = _SLOPE.astype(np.float32)
    cos, sin = np.float32(np.cos(scene.heading)), np.float32(np.sin(scene.heading))
    east = (np.float32(scene.x % 10.0) + ahead * (cos - sin * side)) * 2.0
    north = (np.float32(scene.y % 10.0) + ahead * (sin + cos * side)) * 2.0
    odd = (np.floor(east) + np.floor(north)).astype(np.int32) & 1
    shade[top:] *= np.where((odd == 1) & (below[top:] > 0), np.float32(0.86), np.float32(1.0))


def _paint_walls(
    scene: Scene,
    is_wall: NDArray[np.bool_],
    below: FloatImage,
    wall_depth: NDArray[np.float64],
    segment: NDArray[np.int64],
    place: NDArray[np.float64],
    kind: NDArray[np.uint8],
    shade: FloatImage,
) -> None:
    """Corridor walls differ by side: a blue rail on the left, a yellow one on the right."""
    side = scene.walls.side[segment]
    zone = scene.walls.zone[segment]
    along = scene.walls.along[segment] + place
    plain = np.where(side == 0, _CLASS["wall_left"], _CLASS["wall_right"])
    plain = np.where((along % 3.1) < 0.8, _CLASS["door"], plain)
    plain = np.where(zone == ROOM, _CLASS["room_wall"], plain)
    plain = np.where(zone == OUTDOORS, _CLASS["hedge"], plain).astype(np.uint8)
    rail = np.where(side == 0, _CLASS["rail_left"], _CLASS["rail_right"])
    rail = np.where(zone == OUTDOORS, _CLASS["hedge"], rail).astype(np.uint8)
    reach = np.where(np.isfinite(wall_depth), wall_depth, 100.0) / FOCAL_PX
    height = np.float32(CAMERA_HEIGHT_M) - below * reach.astype(np.float32)
    paint = np.where((height > 0.29) & (height < 0.47), rail, plain)
    low = (height < 0.07) & (zone != OUTDOORS)
    paint[low] = _CLASS["skirting"]
    np.copyto(kind, paint, where=is_wall)
    light = np.where(zone == OUTDOORS, scene.light_outside, scene.light)
    light = light * np.where((along % 1.2) < 0.6, 1.0, 0.9) * np.where(side == 0, 1.0, 0.94)
    np.copyto(shade, np.broadcast_to(light.astype(np.float32), shade.shape), where=is_wall)


def _paint_cylinder(
    scene: Scene,
    cylinder: Cylinder,
    horizon: FloatImage,
    inverse: FloatImage,
    kind: NDArray[np.uint8],
    shade: FloatImage,
) -> None:
    depth = cast_cylinder(cylinder, scene.x, scene.y, scene.heading, _SLOPE)
    hit = np.flatnonzero(np.isfinite(depth))
    if not len(hit):
        return
    columns = slice(int(hit[0]), int(hit[-1]) + 1)
    near = (1.0 / depth[columns]).astype(np.float32)
    top = horizon[columns] - np.float32((cylinder.height - CAMERA_HEIGHT_M) * FOCAL_PX) * near
    bottom = horizon[columns] + np.float32(CAMERA_HEIGHT_M * FOCAL_PX) * near
    visible = (near > inverse[:, columns]) & (_ROWS - top >= 0) & (_ROWS - bottom <= 0)
    np.copyto(inverse[:, columns], np.broadcast_to(near, visible.shape), where=visible)
    kind[:, columns][visible] = _CLASS[cylinder.kind]
    outside = cylinder.kind == "tree"
    round_shade = 0.75 + 0.25 * np.sin(np.linspace(0.0, np.pi, near.shape[0]))
    light = (scene.light_outside if outside else scene.light) * round_shade
    np.copyto(
        shade[:, columns], np.broadcast_to(light.astype(np.float32), visible.shape), where=visible
    )


@lru_cache(maxsize=1)
def _noise() -> tuple[FloatImage, FloatImage, FloatImage]:
    """Sensor noise larger than a picture, cut at a new place for every frame: colour (3 planes)
    and depth of unit variance, and a blotchy field with ranks in 0..1."""
    rng = np.random.default_rng(20251)
    size = (HEIGHT + _MARGIN, WIDTH + _MARGIN)
    colour = rng.standard_normal((*size, 3), dtype=np.float32)
    grain = rng.standard_normal(size, dtype=np.float32)
    coarse = rng.standard_normal((size[0] // 4, size[1] // 4), dtype=np.float32)
    for axis in (0, 1):
        coarse = (np.roll(coarse, 1, axis) + coarse + np.roll(coarse, -1, axis)) / 3.0
    blotch = np.kron(coarse, np.ones((4, 4), dtype=np.float32)) + 0.15 * grain
    ranks = np.empty(blotch.size, dtype=np.float32)
    ranks[np.argsort(blotch, axis=None)] = np.linspace(0.0, 1.0, blotch.size, dtype=np.float32)
    return colour, grain, ranks.reshape(size)


def _cut(field: FloatImage, rng: np.random.Generator) -> FloatImage:
    row, column = rng.integers(0, _MARGIN, 2).tolist()
    window: FloatImage = field[row : row + HEIGHT, column : column + WIDTH]
    return window


def _expose(
    kind: NDArray[np.uint8], shade: FloatImage, rng: np.random.Generator
) -> NDArray[np.uint8]:
    picture = np.take(_PALETTE, kind, axis=0)
    picture *= shade[..., None]
    picture += np.float32(2.0) * _cut(_noise()[0], rng)
    np.clip(picture, 0.0, 255.0, out=picture)
    return picture.astype(np.uint8)


def _sense_depth(
    depth: FloatImage, rgb: NDArray[np.uint8], holes: float, rng: np.random.Generator
) -> FloatImage:
    """Depth as a stereo camera gives it: noise growing with the square of the distance, no match
    in blotches and in the shadow left of near edges, 0 where the picture is blown out."""
    _, grain, blotch = _noise()
    sensed: FloatImage = depth * (1.0 + np.float32(0.002) * depth * _cut(grain, rng))
    rank = _cut(blotch, rng)
    unmatched = rank < np.float32(holes)
    unmatched[:, :-5] |= depth[:, :-5] > depth[:, 5:] + np.float32(0.35)
    sensed[depth > CAMERA_RANGE_M] = np.inf
    sensed[unmatched] = np.nan
    sensed[(rgb[..., 1] == 255) & (rank > 0.4)] = 0.0
    return sensed
