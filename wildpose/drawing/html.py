"""The parts that our pages are built of: one self-contained page, escaped text, relative links.

Pages work from ``file://`` without a network: the style is inside, there is no script, pictures
are linked by relative URL or stand inside as data.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from html import escape
from urllib.parse import quote

from wildpose.drawing.text import clean

STYLE = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { font: 16px/1.5 system-ui, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif; color: #1c211d;
  background: #fafaf7; margin: 0 auto; padding: 1.5rem; max-width: 76rem; }
h1 { font-size: 1.7rem; margin: 0 0 .2rem; } h2 { font-size: 1.25rem; margin: 2.2rem 0 .4rem; }
p { margin: .3rem 0 .8rem; max-width: 52rem; } a { color: #0b5a8a; }
.quiet { color: #5a625c; } .name { overflow-wrap: anywhere; }
.counts { display: flex; flex-wrap: wrap; gap: .7rem; margin: 1.2rem 0;
  padding: 0; list-style: none; }
.counts li { background: #fff; border: 1px solid #d9dcd4; border-radius: .5rem;
  padding: .6rem 1rem; min-width: 8.5rem; }
.counts b { display: block; font-size: 1.7rem; line-height: 1.2; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 26rem), 1fr));
  gap: 1rem; }
.card { background: #fff; border: 1px solid #d9dcd4; border-radius: .5rem; overflow: hidden;
  break-inside: avoid; margin: 0; }
.card img { display: block; width: 100%; height: auto; max-height: 26rem; object-fit: contain;
  background: #ecede8; }
.card figcaption { padding: .6rem .8rem .8rem; }
.mark { background: #fff1c9; border: 1px solid #d8b24a; border-radius: .3rem; padding: 0 .4rem;
  font-size: .85rem; white-space: nowrap; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; background: #fff; width: 100%; font-size: .94rem; }
caption { text-align: left; font-weight: 600; padding: .3rem 0; }
th, td { border-bottom: 1px solid #e1e4dc; padding: .35rem .6rem; text-align: left;
  vertical-align: top; }
th { background: #eef0ea; } td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
td .name { display: inline-block; min-width: 9rem; }
code { background: #eef0ea; padding: .1rem .3rem; border-radius: .2rem; overflow-wrap: anywhere; }
.parts { columns: 12rem; list-style: none; padding: 0; margin: .8rem 0; }
.parts i { display: inline-block; width: 1.6rem; height: .9rem; margin-right: .2rem; }
details summary { cursor: pointer; }
@media print { body { background: #fff; max-width: none; padding: 0; font-size: 11pt; }
  .cards { grid-template-columns: 1fr 1fr; } a { color: inherit; text-decoration: none; }
  tr { break-inside: avoid; } h2 { break-after: avoid; } }
"""


def page(title: str, parts: Iterable[str]) -> str:
    """Build a whole document.

    Parameters
    ----------
    title : str
        Plain text, for the window's title.
    parts : iterable of str
        HTML, already escaped.

    Returns
    -------
    str
        HTML to be written as UTF-8.
    """
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{text(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(part for part in parts if part)
        + "\n</body>\n</html>\n"
    )


def text(value: object) -> str:
    """Plain text as HTML, file names with bytes that are no text included."""
    return escape(clean(str(value)))


def url(path: str) -> str:
    """Write a relative POSIX path as a URL for an attribute.

    Every character that means something in a URL (``#``, ``%``, ``?``, quotes) is coded, and so
    are letters beyond ASCII; bytes of a file name that are no text are kept.

    Examples
    --------
    >>> url("sheets/50% #1.jpg")
    'sheets/50%25%20%231.jpg'
    """
    coded = quote(path.encode("utf-8", "surrogateescape"), safe="/")
    first = coded.split("/", 1)[0]
    return f"./{coded}" if ":" in first or first == "" else coded


def data_url(picture: bytes) -> str:
    """Write a JPEG or PNG as a URL that holds the picture itself."""
    kind = "png" if picture.startswith(b"\x89PNG") else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(picture).decode('ascii')}"


def link(path: str | None, label: str) -> str:
    """``label`` as a link to a relative path, or as plain text where there is none."""
    shown = text(label)
    return f'<a href="{url(path)}">{shown}</a>' if path else shown


def table(
    columns: Sequence[str], rows: Iterable[Sequence[str]], *,
    numeric: Iterable[int] = (), caption: str = "",
) -> str:
    """Build a table of cells that are HTML already.

    Parameters
    ----------
    columns : sequence of str
        Plain text.
    rows : iterable of sequences of str
        HTML per cell.
    numeric : iterable of int
        Columns that are set to the right.
    caption : str
        Plain text.

    Returns
    -------
    str
        HTML.
    """
    right = set(numeric)
    mark = [' class="n"' if i in right else "" for i in range(len(columns))]
    head = "".join(f"<th{m}>{text(c)}</th>" for m, c in zip(mark, columns, strict=True))
    body = "\n".join(
        "<tr>" + "".join(f"<td{m}>{c}</td>" for m, c in zip(mark, row, strict=True)) + "</tr>"
        for row in rows
    )
    named = f"<caption>{text(caption)}</caption>" if caption else ""
    return (f'<div class="scroll"><table>{named}<thead><tr>{head}</tr></thead>'
            f"<tbody>\n{body}\n</tbody></table></div>")


def counts(items: Iterable[tuple[object, str]]) -> str:
    """Build a row of large numbers, each with what it counts."""
    cells = "".join(f"<li><b>{text(n)}</b>{text(label)}</li>" for n, label in items)
    return f'<ul class="counts">{cells}</ul>'


def figure(source: str, alt: str, caption_html: str, target: str | None = None) -> str:
    """Build a picture in a frame with a caption.

    Parameters
    ----------
    source : str
        A URL, already coded (:func:`url` or :func:`data_url`).
    alt : str
        Plain text for readers who don't see the picture.
    caption_html : str
        HTML.
    target : str, optional
        A URL that a click on the picture opens.

    Returns
    -------
    str
        HTML.
    """
    picture = f'<img src="{source}" alt="{text(alt)}" loading="lazy">'
    if target:
        picture = f'<a href="{target}">{picture}</a>'
    return (f'<figure class="card">{picture}<figcaption>{caption_html}</figcaption></figure>')
