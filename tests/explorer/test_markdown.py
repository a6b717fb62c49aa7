"""Descriptions and comments as HTML: what is drawn, what stays text, and what no text may cost."""

import html
import re
import time

import nh3
import pytest

from explorer import code_colors
from explorer.markdown import Pictures, discussion_text, first_paragraph, markdown
from tests.hostile_texts import MARKDOWN


def test_pictures_are_links_tasks_have_boxes_and_addresses_lead_somewhere():
    drawn = markdown(
        "![a *cat*](https://i.example/c.png) ![](x.png)\n\n- [ ] todo\n- [X] done\n\nhttps://a.example/?q=1."
    )
    assert "<img" not in drawn
    assert '<a href="https://i.example/c.png" rel="noopener noreferrer nofollow">a cat</a>' in drawn
    assert ">x.png</a>" in drawn
    assert "<li>☐ todo</li>\n<li>☑ done</li>" in drawn
    assert 'href="https://a.example/?q=1"' in drawn


def test_a_badge_is_a_link_with_words():
    drawn = markdown("[![build](https://i.example/b.svg)](https://ci.example/)")
    assert drawn == '<p><a href="https://ci.example/" rel="noopener noreferrer nofollow">build</a></p>\n'


@pytest.mark.parametrize(
    "text", ["[x](javascript:alert(1))", "![x](javascript:alert(1))", "[x](data:text/html,x)", "javascript:alert(1)"]
)
def test_an_address_that_could_run_leads_nowhere(text):
    assert "href" not in markdown(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("List<int> of <b>x</b>", "List&lt;int&gt; of &lt;b&gt;x&lt;/b&gt;"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("`a < b`", "<code>a &lt; b</code>"),
        ("    if a < b:", "<pre><code>if a &lt; b:\n</code></pre>"),
        (
            "<https://a.example/>",
            '<a href="https://a.example/" rel="noopener noreferrer nofollow">https://a.example/</a>',
        ),
        ("\ue000b>", "<p>b&gt;</p>"),
    ],
)
def test_html_is_shown_and_not_obeyed(text, shown):
    assert shown in markdown(text)


@pytest.mark.parametrize("name", ["ada", "ada@example.com", "`data scientists`"])
def test_who_is_mentioned_stands_out(name):
    assert f"<strong>@{name.strip('`')}</strong>, look" in discussion_text(f"@{name}, look")
    assert "<strong>" not in markdown(f"@{name}, look")


@pytest.mark.parametrize("text", ["`@ada`", "    @ada", "[see @ada](https://a.example)", "me@example.com"])
def test_nobody_is_mentioned_in_code_and_links(text):
    assert "<strong>" not in discussion_text(text)


def test_a_first_paragraph_is_plain_words():
    assert first_paragraph("# A *title* with <b> & [link](https://a.example)\n\nMore.") == "A title with <b> & link"


def test_links_and_tables_are_drawn_in_a_long_text():
    assert markdown("A [link](https://example.com) and `code`. " * 1_000).count("<a ") == 1_000
    table = "| a | b |\n|---|---|\n" + "| 1 | 2 |\n" * 500
    assert markdown(f"{table}\n" * 5).count("<td>") == 5_000


@pytest.mark.parametrize("name", MARKDOWN)
def test_no_text_costs_much(name):
    """Seconds that no machine needs, however busy: the parser that read the rest of the text for each link took 26."""
    began = time.process_time()
    drawn = markdown(MARKDOWN[name]) + discussion_text(MARKDOWN[name]) + first_paragraph(MARKDOWN[name])
    assert time.process_time() - began < 2
    assert len(drawn) < 3_000_000


def test_what_is_drawn_is_kept():
    text = "*kept* " * 100
    assert markdown(text) is markdown(text)


PICTURES = Pictures(
    "/explore/data/models/shop/ml/churn/version/1/pictures/",
    lambda: {"plots/roc curve.png", "a.png", "..png", "../2/secret.png", "a/../b.png", "x.png"},
)


def test_pictures_of_a_version_are_shown_and_no_others():
    drawn = markdown(
        "![ROC](plots/roc%20curve.png) ![](https://x.example/a.png) ![up](../2/secret.png) ![](/x.png)", PICTURES
    )
    assert f'<img src="{PICTURES.address}plots/roc%20curve.png" alt="ROC">' in drawn
    assert drawn.count("<img") == 1
    assert "<img" not in markdown("![ROC](plots/roc%20curve.png)")
    assert "<img" not in markdown("![ROC](plots/gone.png)", PICTURES)


@pytest.mark.parametrize(
    "text",
    ['![x](a.png" onerror="alert(1))', "![x](javascript:alert(1))", "![x](//evil.example/a.png)",
     "![x](data:image/png,x)", "![x](a.png?q=1)", "![x](a/%2e%2e/b.png)", "![x](a\\b.png)",
     '![" onload="x](a.png)', "![x](..png)"],
)  # fmt: skip
def test_no_picture_leaves_its_version_or_runs(text):
    drawn = markdown(text, PICTURES)
    for found in re.findall(r"<img[^>]*>", drawn):
        assert re.fullmatch(rf'<img src="{PICTURES.address}[\w./%-]+" alt="[^"]*">', found)
        assert ".." not in found
        assert "%2e%2e" not in found.lower()


def test_code_has_colors():
    drawn = markdown('```python\ndef load(x): # <b>\n    return "a & b"\n```')
    assert '<span class="code-keyword">def</span>' in drawn
    assert '<span class="code-comment"># &lt;b&gt;</span>' in drawn
    assert '<span class="code-string">a &amp; b</span>' in drawn
    assert "<span" not in markdown("```cobol\nADD 1 TO X\n```")
    assert "ADD 1 TO X" in markdown("```cobol\nADD 1 TO X\n```")
    assert html.unescape(nh3.clean(drawn, tags=set())) == 'def load(x): # <b>\n    return "a & b"\n\n'
    long = "x = 1\n" * 600
    assert "<span" not in markdown(f"```python\n{long}```")


@pytest.mark.parametrize("language", sorted(code_colors._LANGUAGES))
def test_no_code_takes_long_or_loses_a_letter(language):
    pieces = ('"', "'", "(", "\\", "/*", "<!--", "a.", "$(", "{", "}", "0", " ", "#", '"""', "fE", ":<<")
    texts = [
        first + piece * ((2_990 - len(first)) // len(piece)) + last
        for piece in pieces
        for first in ("", '"', "'", ":<<", "f'{", "$((")
        for last in ("", "x", "\n")
    ]
    texts += [first + "\\" * 60 for first in ('"', "'", '"""', "`")]
    for text in texts:
        began = time.process_time()
        drawn = code_colors.colored(
            f'<pre><code class="language-{language}">{html.escape(text, quote=False)}</code></pre>'
        )
        assert time.process_time() - began < 2
        assert html.unescape(re.sub("<[^>]*>", "", drawn)) == text
