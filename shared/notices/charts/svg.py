"""Write SVG as a tree, so that whatever stands in it is escaped in one place."""

import math
from xml.etree.ElementTree import Element, tostring

from shared.redaction import visible

Attributes = dict[str, str | float]

_FARTHEST = 10_000.0  # pixels; nothing of ours is drawn farther away


class Svg:
    """An element of a drawing, with what stands in it; a template takes it as it is."""

    def __init__(self, name: str = "svg", text: str = "", /, **attributes: str | float) -> None:
        """Name its attributes as Python can: `class_` for `class`, `text_anchor` for `text-anchor`."""
        self.element = Element(name, {_name(key): _written(value) for key, value in attributes.items()})
        if text:
            self.element.text = visible(text)

    def add(self, name: str, text: str = "", /, **attributes: str | float) -> "Svg":
        """Put a new element at its end, and return the new one."""
        part = Svg(name, text, **attributes)
        self.element.append(part.element)
        return part

    def put(self, part: "Svg") -> None:
        """Put an element at its end."""
        self.element.append(part.element)

    def __html__(self) -> str:
        """Return it as text, escaped."""
        return tostring(self.element, encoding="unicode")


def figure(value: float) -> str:
    """Write a length or place in pixels, to a tenth; what is not a number is 0."""
    if not math.isfinite(value):
        return "0"
    rounded = round(max(-_FARTHEST, min(value, _FARTHEST)), 1)
    return f"{rounded:g}" if abs(rounded) < 1_000 else f"{rounded:.1f}".removesuffix(".0")


def box(x: float, y: float, width: float, height: float) -> str:
    """Return a rectangle as a part of a path, which takes a third of the letters of an element."""
    return f"M{figure(x)} {figure(y)}h{figure(width)}v{figure(height)}h-{figure(width)}z"


def _name(key: str) -> str:
    return key.rstrip("_").replace("_", "-")


def _written(value: str | float) -> str:
    return visible(value) if isinstance(value, str) else figure(value)
