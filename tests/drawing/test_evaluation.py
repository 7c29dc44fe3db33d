"""The page of a model's figures and mistakes."""

import io

from PIL import Image

from wildpose.drawing import EvaluationPage, FigureTable, Picture, evaluation_page

TABLE = FigureTable("Boxes", ("subset", "pictures", "AP50"),
                    (("camera traps", 198, 0.75149), ("night", 0, None)), "AP as COCO has it.")


def jpeg():
    stream = io.BytesIO()
    Image.new("RGB", (8, 8), (10, 20, 30)).save(stream, "JPEG")
    return stream.getvalue()


def test_figures_have_three_digits_and_missing_ones_a_dash():
    html = evaluation_page(EvaluationPage("m", "d", "wildpose evaluate m d", (TABLE,)))
    assert ">0.751<" in html
    assert ">198<" in html
    assert ">\u2013<" in html
    assert "AP as COCO has it." in html


def test_the_command_and_the_limits_are_on_the_page():
    html = evaluation_page(EvaluationPage("m", "d", "wildpose evaluate m 'a b'", (TABLE,),
                                          notes=("Boxes of deer come from a detector.",)))
    assert "wildpose evaluate m &#x27;a b&#x27;" in html
    assert "Boxes of deer come from a detector." in html


def test_pictures_stand_inside_or_are_linked():
    html = evaluation_page(EvaluationPage(
        "m", "d", "c", (), misses=(Picture(jpeg(), "fox <small>"),),
        false_alarms=(Picture("crops/stump #2.jpg", "stump"),)))
    assert "data:image/jpeg;base64," in html
    assert "fox &lt;small&gt;" in html
    assert 'href="crops/stump%20%232.jpg"' in html


def test_no_mistakes_are_said_to_be_none():
    html = evaluation_page(EvaluationPage("m", "d", "c", (TABLE,)))
    assert html.count("<p>None.</p>") == 2
