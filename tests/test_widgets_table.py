"""Long tables: which are, how their rows are sorted and found, and what a page is told of them."""

from __future__ import annotations

import json
from functools import partial

import pytest
import support.table_server as source
from support.answers import call, reply, text
from support.commands import tables
from support.notebook import WAYS, done
from support.page import PLACE, VIEW, Page

from mcp_magics.results.content import RawResult, ReadResult
from mcp_magics.results.document import Document, Grid, Line
from mcp_magics.results.listing import Listing
from mcp_magics.results.long_table import COMFORTABLE, long_table, placed, places
from mcp_magics.results.tabular import Table
from mcp_magics.widgets.table import MOST_LIVE
from mcp_magics.widgets.table_rows import CELL, PAGE, WHOLE, Arrangement, TableRows, ordered

MANY = COMFORTABLE + 1
STATIC = "data-mcp-static"
NAMES = ("a", "b", "c")


def found(value):
    """The long tables of a result as it is shown."""
    marked: list[Document] = []

    def change(document):
        marked.append(placed(document, NAMES))
        return marked[0]

    value.display_parts(change)
    return [long for each in places(marked[0]) if (long := long_table(each.item)) is not None]


def rows_of(**columns) -> TableRows:
    return TableRows(Table(columns, len(next(iter(columns.values())))))


def asked(column=None, text="", *, descending=False) -> Arrangement:
    return Arrangement(column, descending, text)


# -- which tables are long -------------------------------------------------------------------------------------------


def teas(count):
    return source.teas(count)


@pytest.mark.parametrize(
    ("answer", "is_all"),
    [
        (partial(call, structuredContent={"teas": teas(MANY)}), True),
        (lambda: call(text(json.dumps(teas(MANY)))), True),
        (lambda: call(*(text(json.dumps(each)) for each in teas(MANY))), True),
        (lambda: call(text(source.csv(MANY))), True),
        (lambda: call(text(source.markdown(MANY))), True),
        (lambda: call(text(f"In the shop:\n\n{source.markdown(MANY)}")), False),
        (lambda: call(text(json.dumps([{"tea": n, "lots": [{"n": n}]} for n in range(MANY)]))), False),
        (partial(call, structuredContent={"total": MANY, "teas": teas(MANY)}), False),
        (partial(call, structuredContent={"x": [*range(MANY)], "y": [*range(MANY)]}), False),
        (lambda: RawResult(reply({"teas": teas(MANY)}), "s", "m"), True),
    ],
    ids=["structured", "json", "objects", "csv", "markdown", "prose", "nested", "page", "columns", "raw"],
)
def test_a_table_in_any_form_is_long_and_stands_for_what_shows_nothing_else(answer, is_all):
    (long,) = found(answer())
    assert (long.table.length, long.is_all) == (MANY, is_all)


@pytest.mark.parametrize(
    "answer",
    [
        partial(call, structuredContent={"teas": teas(COMFORTABLE)}),
        lambda: call(text(source.csv(COMFORTABLE))),
        lambda: call(text("\n".join("a sentence" + ", and more" * (n % 3) for n in range(50)))),
        lambda: call(text("one word\n" * 50)),
        partial(call, structuredContent={"order": 1, "lines": teas(MANY)}),
        partial(call, structuredContent={"numbers": [*range(MANY)]}),
    ],
    ids=["few", "few in text", "prose", "lines", "an object with a list", "scalars"],
)
def test_what_is_short_or_no_table_has_no_place(answer):
    assert found(answer()) == []
    marked: list[Document] = []
    answer().display_parts(lambda document: marked.append(placed(document, NAMES)) or document)
    assert places(marked[0]) == []


def test_a_csv_too_long_to_be_parsed_for_showing_is_a_long_table_all_the_same():
    contents = {"uri": "t://x.csv", "mimeType": "text/csv", "text": source.csv(40_000)}
    (long,) = found(ReadResult(reply({"contents": [contents]}), "s", "t://x.csv"))
    assert (long.table.length, long.is_all) == (40_000, True)
    assert long.table.columns["price"][1] == 79.19 - 40


def test_a_list_too_long_to_be_shown_as_a_table_is_one_all_the_same():
    (long,) = found(call(structuredContent={"teas": teas(50_001)}))
    assert (long.table.length, long.is_all) == (50_001, True)


def test_the_static_form_is_as_it_was_with_two_empty_elements_after_it():
    result = call(text("say"), structuredContent={"teas": teas(MANY)})
    (before,) = result.display_parts()
    (after,) = result.display_parts(lambda document: placed(document, NAMES))
    assert before["text/plain"] == after["text/plain"]
    assert STATIC not in before["text/html"]
    bare = after["text/html"].replace(f'<div {STATIC}="a">', "", 1)
    bare = bare.replace(f'</div><div {PLACE}="a"></div><div {PLACE}="a-beside"></div>', "", 1)
    assert bare == before["text/html"]


def test_several_long_tables_of_one_result_have_a_place_each_as_far_as_there_are_names():
    result = call(*(text(source.csv(MANY)) for _ in range(4)))
    assert len(found(result)) == len(NAMES)


def test_a_listing_of_the_toolkit_is_long_too_and_keeps_its_end():
    listing = Listing("log", ("n", "said"), [{"n": n, "said": "x"} for n in range(MANY)], keeps="last")
    (long,) = found(listing)
    assert (long.table.names, long.keeps) == (("n", "said"), "last")


def test_what_is_no_table_has_none():
    assert long_table(Line("x")) is None
    assert long_table(Grid((), [{}] * MANY, "")) is None


# -- sorting ---------------------------------------------------------------------------------------------------------


def test_numbers_are_sorted_as_numbers_and_big_integers_exactly():
    big = 2**60
    values = [10, 9.5, big + 1, big, -1, 2**70, float(2**60)]
    up = [values[row] for row in ordered(values, range(len(values)), descending=False)]
    assert up == [-1, 9.5, 10, big, float(2**60), big + 1, 2**70]


def test_mixed_values_do_not_fail_and_what_is_empty_is_last_both_ways():
    values = [None, "b", 2, True, [1, 2], float("nan"), "", {"a": 1}, 1.5, False, "A"]
    up = ordered(values, range(len(values)), descending=False)
    down = ordered(values, range(len(values)), descending=True)
    assert [values[row] for row in up[:8]] == [1.5, 2, False, True, "A", "b", [1, 2], {"a": 1}]
    assert [values[row] for row in down[:8]] == [values[row] for row in up[:8]][::-1]
    assert up[8:] == down[8:] == [0, 5, 6]


@pytest.mark.parametrize("descending", [False, True])
def test_equal_values_stay_in_the_order_they_were_sent_in(descending):
    values = [1, 0, 1, 0, 1]
    ones, noughts = [0, 2, 4], [1, 3]
    assert ordered(values, range(5), descending) == ([*ones, *noughts] if descending else [*noughts, *ones])


def test_texts_are_sorted_without_regard_to_case_and_long_ones_by_all_of_them():
    long = "x" * 10_000
    values = ["b", "A", "a", "B", long + "b", long + "a"]
    assert [values[row] for row in ordered(values, range(6), descending=False)] == [
        *("A", "a", "B", "b"),
        *(long + "a", long + "b"),
    ]


# -- finding ---------------------------------------------------------------------------------------------------------


def test_a_row_is_found_by_words_of_any_of_its_columns():
    rows = rows_of(tea=["Assam", "Sencha", "assam gold"], origin=["India", "Japan", "Ceylon"], n=[1, 2, 30])
    assert [*rows.arranged(asked(text="ASSAM"))] == [0, 2]
    assert [*rows.arranged(asked(text="assam india"))] == [0]
    assert [*rows.arranged(asked(text="30"))] == [2]
    assert [*rows.arranged(asked(0, "assam", descending=True))] == [2, 0]
    assert [*rows.arranged(asked(text="assamindia"))] == []
    assert [*rows.arranged(asked(text="  "))] == [0, 1, 2]


def test_what_a_page_asks_for_that_makes_no_sense_is_as_sent():
    assert asked().sorted_by({"column": 7, "descending": True}, 3) == asked()
    assert asked().sorted_by({"column": "0"}, 3) == asked()
    assert asked().sorted_by({"column": True}, 3) == asked()
    assert asked().sorted_by({"column": 1, "descending": "yes"}, 3) == asked(1)
    assert len(asked().filtered_by("x" * 9_999).text) == 200


# -- what is told ----------------------------------------------------------------------------------------------------


def test_cells_are_short_clean_texts_and_whole_on_request():
    rows = rows_of(text=["user\u202ecod.exe\x1b[31m", "x" * 1_000_000, "two\nlines"], value=[2**70, None, {"a": [1]}])
    first, second, third = (cells for _, cells in rows.page(range(3)))
    assert first == ["user⟨U+202E⟩cod.exe", str(2**70)]
    assert (len(second[0]), second[1]) == (CELL, "")
    assert third == ["two lines", '{ "a": [1] }']
    assert rows.whole(2, 0) == ("two\nlines", "")
    assert rows.whole(0, 1) == (str(2**70), "")
    shown, more = rows.whole(1, 0)
    assert (len(shown), more) == (WHOLE, f"… {1_000_000 - WHOLE:,} more characters in .df")


def test_a_page_of_wide_rows_is_cut_to_fewer_characters_a_cell():
    rows = rows_of(**{f"c{n}": ["x" * 500] * PAGE for n in range(100)})
    assert (len(rows.names), rows.hidden) == (60, 40)
    assert len(json.dumps(rows.page(range(PAGE)))) < 100_000


def test_a_column_of_numbers_says_so_and_is_as_wide_as_its_values():
    rows = rows_of(n=[1, None, 2.5], mixed=[1, "x", 2], flag=[True, 2, 3], text=["x" * 99, "", None])
    heads = {head["name"]: head for head in rows.heads}
    assert [heads[name]["numeric"] for name in ("n", "mixed", "flag", "text")] == [True, False, False, False]
    assert (heads["text"]["width"], heads["n"]["width"]) == (40, 4)


# -- in a kernel -----------------------------------------------------------------------------------------------------


@pytest.fixture
def notebook(kernel):
    done(kernel.run(f"%load_ext mcp_magics\n%mcp add t --quiet -- {tables()}"))
    return kernel


def opened(notebook, page, number=1):
    """The id of the live table, when so many are there; its first view is told."""
    notebook.until(lambda: len(page.tables()) == number)
    before = len(page.views())
    page.draw(page.tables()[-1])
    notebook.until(lambda: len(page.views()) > before)
    return page.tables()[-1]


def told(notebook, page, member, **content):
    """What the page is told in answer to this."""
    before = len(page.told)
    page.act(page.tables()[-1], **content)
    notebook.until(lambda: any(member in each for each in page.told[before:]))
    return next(each[member] for each in page.told[before:] if member in each)


@pytest.mark.parametrize("form", WAYS.values(), ids=WAYS)
def test_a_live_table_comes_after_the_static_one_and_leaves_no_output(notebook, form):
    page = Page(notebook)
    done(notebook.run("%mcp tools t", stdin=[]))
    done(notebook.run("%mcp list", stdin=[]))  # which asks the page
    shown = "%mcp call t.teas" if form is WAYS["awaited"] else "def f():\n    %mcp call t.teas\nf()"
    cell = done(notebook.run(shown, stdin=[]))
    opened(notebook, page)
    (output,) = cell.outputs
    assert VIEW not in output
    assert output["text/html"].count(PLACE) == 2
    assert "Sencha" in output["text/html"]
    assert "Sencha" not in str(page.seen)


def test_the_value_of_the_cell_is_the_result_all_the_same(notebook):
    Page(notebook)
    done(notebook.run("%mcp call t.teas -o teas", stdin=[]))
    done(notebook.run("same = _ is teas"))
    assert notebook.value("same") is True


def test_no_live_table_where_nothing_long_is_to_be_shown(notebook):
    page = Page(notebook)
    for code in (
        "%mcp call t.teas --json",
        "%mcp call t.teas --quiet",
        "%mcp call t.teas;",
        "x = %mcp call t.teas",
        "%mcp call t.few",
    ):
        assert PLACE not in str(done(notebook.run(code, stdin=[])).outputs), code
    done(notebook.run("%mcp call t.csv", stdin=[]))
    opened(notebook, page)
    assert len(page.tables()) == 1


def test_where_nobody_is_there_no_widget_library_is_imported(notebook):
    Page(notebook)
    cell = done(notebook.run("%mcp call t.teas"))
    assert PLACE not in str(cell.outputs)
    done(notebook.run("import sys\nfound = [n for n in ('anywidget', 'mcp_magics.widgets.table') if n in sys.modules]"))
    assert notebook.value("found") == []


def test_where_a_page_is_silent_the_static_table_is_all_there_is(notebook):
    page = Page(notebook)
    page.asleep = True
    cell = done(notebook.run("%mcp call t.teas", stdin=[]))
    assert "Sencha" in str(cell.outputs)
    notebook.until(lambda: len(page.probes) == 1)
    done(notebook.run("%mcp list", stdin=[]))  # which waits for the same answer
    assert (page.tables(), page.cards()) == ([], None)


def test_a_frame_of_100000_rows_is_sorted_found_and_seen_to_its_end_with_less_than_a_megabyte(notebook):
    page = Page(notebook)
    done(notebook.run("%mcp call t.frame", stdin=[]))
    opened(notebook, page)
    view = page.views()[-1]
    assert (view["length"], len(view["arranged"]["rows"])) == (100_000, PAGE)
    arranged = told(notebook, page, "arranged", do="sort", column=3, descending=True)
    assert arranged["rows"][0][1][3] == "39.99"
    last = told(notebook, page, "rows", do="rows", version=arranged["version"], start=99_950)
    assert {cells[3] for _, cells in last["rows"][-25:]} == {"0.0"}
    arranged = told(notebook, page, "arranged", do="filter", text="japan matcha 10000")
    assert [cells[1] for _, cells in arranged["rows"]] == ["Matcha 10000"]
    whole = told(notebook, page, "whole", do="whole", row=99_999, column=0)
    assert whole == {"row": 99_999, "column": 0, "text": "T-99999", "more": ""}
    assert sum(len(json.dumps(each)) for each in page.told) < 1_000_000


def test_rows_asked_for_in_an_order_that_is_over_are_not_sent(notebook):
    page = Page(notebook)
    done(notebook.run("%mcp call t.teas", stdin=[]))
    opened(notebook, page)
    version = told(notebook, page, "arranged", do="sort", column=3)["version"]
    page.act(page.tables()[-1], do="rows", version=version - 1, start=50)
    rows = told(notebook, page, "rows", do="rows", version=version, start=100)
    assert rows["start"] == 100
    assert [each["rows"]["start"] for each in page.told if "rows" in each] == [100]


def test_what_a_page_sends_that_is_no_request_does_nothing(notebook):
    page = Page(notebook)
    done(notebook.run("%mcp call t.teas", stdin=[]))
    opened(notebook, page)
    before = len(page.told)
    for odd in (
        {"do": "rows", "version": 0, "start": -50},
        {"do": "rows", "version": 0, "start": 10**9},
        {"do": "rows", "version": "0", "start": 0},
        {"do": "whole", "row": -1, "column": 0},
        {"do": "whole", "row": 0, "column": 99},
        {"do": "filter", "text": ["x"]},
        {"do": "evaluate", "text": "1"},
    ):
        page.act(page.tables()[-1], **odd)
    assert told(notebook, page, "whole", do="whole", row=1, column=1)["text"] == "Sencha 1"
    assert [each for each in page.told[before:] if "heard" not in each and "whole" not in each] == []


def test_four_tables_live_and_the_oldest_gives_way(notebook):
    page = Page(notebook)
    done(notebook.run("%mcp call t.teas", stdin=[]))
    first = opened(notebook, page)
    for number in range(2, MOST_LIVE + 1):
        done(notebook.run("%mcp call t.csv", stdin=[]))
        opened(notebook, page, number)
    done(notebook.run("%mcp call t.markdown", stdin=[]))
    notebook.until(lambda: first not in page.tables() and len(page.tables()) == MOST_LIVE)


def test_unloading_closes_every_table(notebook):
    page = Page(notebook)
    done(notebook.run("%mcp call t.teas\n%mcp call t.csv", stdin=[]))
    opened(notebook, page, 2)
    done(notebook.run("%unload_ext mcp_magics", stdin=[]))
    notebook.until(lambda: page.tables() == [])


def test_a_csv_resource_and_the_toolkits_own_lists_are_live_too(notebook):
    page = Page(notebook)
    done(notebook.run("%mcp read t table://teas.csv", stdin=[]))
    opened(notebook, page)
    assert page.views()[-1]["length"] == 100_000
    assert [head["numeric"] for head in page.views()[-1]["heads"]] == [False, False, False, True, True, False]
    done(notebook.run("for _ in range(12):\n    %mcp call t.few --quiet\n%mcp trace", stdin=[]))
    opened(notebook, page, 2)
    assert page.views()[-1]["length"] > COMFORTABLE
