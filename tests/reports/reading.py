"""Reads a report's HTML as a tree of elements: enough of it to find a figure beside its words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

from reports.render import TEMPLATES

# A browser keeps these apart.
BLOCKS = {"td", "th", "li", "dt", "dd", "text"}
VOID = {"meta", "link", "img", "br", "hr", "input", "wbr"}


@dataclass
class Element:
    tag: str
    attributes: dict[str, str | None] = field(default_factory=dict)
    children: list[Element | str] = field(default_factory=list)

    def walk(self) -> Iterator[Element]:
        yield self
        for child in self.children:
            if isinstance(child, Element):
                yield from child.walk()

    def all(self, tag: str, **attributes: str) -> list[Element]:
        wanted = {name.rstrip("_"): value for name, value in attributes.items()}
        return [
            element
            for element in self.walk()
            if element.tag == tag and all(element.attributes.get(name) == value for name, value in wanted.items())
        ]

    def by_id(self, identifier: str) -> Element:
        (found,) = [element for element in self.walk() if element.attributes.get("id") == identifier]
        return found

    @property
    def text(self) -> str:
        return " ".join("".join(self._texts()).split())

    def _texts(self) -> Iterator[str]:
        for child in self.children:
            if isinstance(child, Element):
                yield from child._texts()
                if child.tag in BLOCKS:
                    yield " "
            else:
                yield child

    @property
    def values(self) -> list[str | None]:
        """The exact values of the figures inside."""
        return [element.attributes["value"] for element in self.all("data")]


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("root")
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, dict(attrs))
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].children.append(Element(tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


SCRIPT = (TEMPLATES / "_partials" / "script.js").read_text(encoding="utf-8")


def read_page(path: Path) -> Element:
    """The page as a tree without Kept's own script; asserts that every element is closed where it should be."""
    builder = _Builder()
    builder.feed(path.read_text(encoding="utf-8"))
    assert [element.tag for element in builder.open] == ["root"]
    for element in list(builder.root.walk()):
        element.children = [
            child for child in element.children if not (isinstance(child, Element) and child.children == [SCRIPT])
        ]
    return builder.root
