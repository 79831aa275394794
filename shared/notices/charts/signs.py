"""The shapes of marks, in charts and beside the lines of what happened."""

from shared.notices.charts.marks import Sign
from shared.notices.charts.svg import Attributes, Svg, figure


def sign_at(drawing: Svg, sign: Sign, x: float, y: float) -> None:
    """Draw a sign, about 13 pixels wide, around a point."""
    for name, attributes in _shapes(sign, x, y):
        drawing.add(name, **attributes)


def glyph(sign: Sign) -> Svg:
    """Return a sign alone, 20 pixels wide; words beside it say what it means."""
    drawing = Svg(class_="glyph", viewBox="0 0 20 20", aria_hidden="true")
    sign_at(drawing, sign, 10, 10)
    return drawing


def _shapes(sign: Sign, x: float, y: float) -> list[tuple[str, Attributes]]:
    def path(kind: str, place: tuple[float, float], rest: str) -> tuple[str, Attributes]:
        return "path", {"class_": kind, "d": f"M{figure(place[0])} {figure(place[1])}{rest}"}

    def circle(kind: str, radius: float) -> tuple[str, Attributes]:
        return "circle", {"class_": kind, "cx": x, "cy": y, "r": radius}

    shapes: dict[Sign, list[tuple[str, Attributes]]] = {
        Sign.CHANGE: [path("f-change", (x, y - 6.5), "l6.5 6.5-6.5 6.5-6.5-6.5z")],
        Sign.LOOK: [path("f-ink", (x, y - 6), "l6.5 11.5h-13z")],
        Sign.WRONG_LOOK: [
            path("f-paper l-ink", (x, y - 5), "l5.5 10h-11z"),
            path("l-ink", (x - 8, y + 6), "l16-11"),
        ],
        Sign.NOTICE: [circle("f-soft", 5.5)],
        Sign.PERSON: [
            ("rect", {"class_": "f-people", "x": x - 6, "y": y - 6, "width": 12, "height": 12, "rx": 3}),
            path("l-tick", (x - 3.2, y + 0.2), "l2.3 2.4 4.2-4.8"),
        ],
        Sign.DECLARED: [path("f-doubt", (x - 5, y - 5), "h10v10h-10z")],
        Sign.ONSET: [
            path("l-bad", (x - 4, y - 7), "v14"),
            path("f-bad", (x - 4, y - 7), "h9l-3 3.5 3 3.5h-9z"),
        ],
        Sign.RECOVERY: [circle("l-good", 5), circle("f-good", 2)],
        Sign.OTHER: [circle("f-bar", 2.5)],
    }
    return shapes[sign]
