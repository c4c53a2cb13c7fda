"""What is on paper: every slip is the one on record, and paper that runs out at any row costs no row and no copy."""

from __future__ import annotations

from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from host_tools.bench.parts.paper import Slip
from host_tools.bench.shop import Shop
from host_tools.screens.cli import differences, slips_on_record
from host_tools.screens.slips import picture_of, print_all
from tests.effort import EFFORT

# Both papers and both languages are on record; these two have every layout and every word.
_FEW = (("zh", 58), ("en", 80))
_ALL = (*_FEW, ("zh", 80), ("en", 58))


@pytest.fixture(scope="module", params=_ALL if EFFORT > 1 else _FEW, ids=lambda kind: f"{kind[0]}-{kind[1]}mm")
def kind(request: pytest.FixtureRequest) -> tuple[str, int, dict[str, Slip]]:
    language, paper_mm = request.param
    return language, paper_mm, print_all(language, paper_mm)


def test_slips_are_the_ones_on_record(kind: tuple[str, int, dict[str, Slip]]) -> None:
    language, paper_mm, slips = kind
    golden = slips_on_record(language, paper_mm)
    assert slips.keys() == golden.keys()
    for name, slip in slips.items():
        assert slip.text == golden[name][0], name
        assert differences(golden[name][1], picture_of(slip)) is None, name


def test_no_row_is_wider_than_the_paper(kind: tuple[str, int, dict[str, Slip]]) -> None:
    _, paper_mm, slips = kind
    columns = {58: 32, 80: 48}[paper_mm]
    for slip in slips.values():
        assert all(line.columns <= columns for line in slip.lines)
        assert "-" * columns in slip.text.splitlines()


def test_the_customer_s_code_can_be_read_from_the_paper(kind: tuple[str, int, dict[str, Slip]]) -> None:
    slips = kind[2]
    for name in ("sale-customer", "tap-customer", "void-customer"):
        (found,) = zxingcpp.read_barcodes(slips[name].to_image().convert("L"))
        voucher = found.text.rpartition("-")[2]
        assert found.text == f"10000001-000001-{voucher}"
        assert voucher in slips[name].text.replace(found.text, "")
    assert not zxingcpp.read_barcodes(slips["sale-merchant"].to_image().convert("L"))
    (found,) = zxingcpp.read_barcodes(slips["faults"].to_image().convert("L"))
    assert found.text.startswith("SP-VB-000001 0.1.0 261123")


def test_paper_that_runs_out_at_any_row_goes_on_at_that_row_of_that_copy(tmp_path: Path) -> None:
    """One sale for each row of both copies: what is on all the paper together is what an undisturbed sale prints."""
    with Shop(tmp_path) as shop:
        shop.open()
        bench, printer = shop.bench, shop.bench.parts.printer
        bench.expect("请输入金额")
        whole = [len(slip.prints) for slip in _sold(shop, None)]
        steps = 7 if EFFORT <= 1 else 1
        for at in range(0, sum(whole), steps):
            slips = _sold(shop, at)
            assert [len(slip.prints) for slip in slips] == whole, at
            merchant, customer = (slip.text for slip in slips)
            assert "商户存根" in merchant and "持卡人存根" not in merchant
            assert "持卡人存根" in customer and "商户存根" not in customer
            for text in (merchant, customer):
                rows = [row for row in text.splitlines() if row.strip("- ")]
                assert len(rows) == len(set(rows)), at
        assert printer.faults == []


def _sold(shop: Shop, at: int | None) -> list[Slip]:
    """The two copies of a sale; the paper runs out when row number `at` of both together is on it."""
    bench, printer = shop.bench, shop.bench.parts.printer
    done = len(printer.slips)

    def printed() -> int:
        return sum(len(slip.prints) for slip in (*printer.slips[done:], printer.paper))

    shop.ask_for(12_34, shop.cards["plain"])
    torn = False
    out = at is None
    while len(printer.slips) < done + 2:
        if not out and at is not None and printed() >= at:
            printer.paper_out()
            out = True
            bench.expect("打印机缺纸", "交易已成功")
            printer.load_paper()
            bench.press("enter")
        if not torn and bench.shows("撕单后按确认"):
            bench.press("enter")
            torn = True
        bench.run(0.02)
    bench.expect("请输入金额")
    return printer.slips[done:]


def test_a_blank_picture_is_not_a_slip(kind: tuple[str, int, dict[str, Slip]]) -> None:
    """The comparison sees one dot."""
    picture = picture_of(kind[2]["sale-merchant"])
    altered = picture.copy()
    altered.putpixel((0, 0), 0 if picture.getpixel((0, 0)) else 255)
    assert differences(picture, altered) is not None
    assert differences(picture, Image.new("1", picture.size, 255)) is not None
