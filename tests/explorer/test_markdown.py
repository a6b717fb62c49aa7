"""Descriptions and comments as HTML: what is drawn, what stays text, and what no text may cost."""

import time

import pytest

from explorer.markdown import discussion_text, first_paragraph, markdown
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
