"""The board that an order is for, written: its own image, with its parameters and its injection key in it."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from host_tools.commission.errors import NotFlashed
from host_tools.flash import stock as stock_image
from host_tools.flash.factory import build_image
from host_tools.flash.plan import plan, software_of
from host_tools.flash.register import Register
from host_tools.flash.run import Job, flash

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from host_tools.boards.data import Board
    from host_tools.build.bundle import Manifest
    from host_tools.commission.order import Order
    from host_tools.commission.work import Facts
    from host_tools.flash.chip import Progress
    from host_tools.flash.run import Report


def require_suited(order: Order, stock: Path, software: bytes, board: Board) -> Manifest:
    """What the application says of itself, if order, images and board are for one another. Raises FlashError,
    NotFlashed."""
    manifest = software_of(software)
    if manifest.board != order.board:
        raise NotFlashed(f"the image is for {manifest.board}, and the order for {order.board}")
    plan(stock_image.read(stock), software, board.chip)
    return manifest


def flashed(
    order: Order,
    injection_key: bytes,
    port: str,
    stock: Path,
    software: bytes,
    board: Board,
    register: Path,
    wifi_password: str = "",
    progress: Progress = lambda *_: None,
    reset_by: tuple[str, str] = ("default-reset", "hard-reset"),
    self_test: bool = True,
    random: Callable[[int], bytes] = secrets.token_bytes,
) -> Facts:
    """`software` is the image of the whole flash without what makes it this unit. Raises FlashError, NotFlashed."""
    manifest = require_suited(order, stock, software, board)
    image, _ = build_image(
        order.profile(wifi_password), random, injection_key=injection_key, new_passwords=True, software=software
    )
    read_stock = stock_image.read(stock)
    ours = plan(read_stock, image, board.chip)
    job = Job(
        lambda *_: ours,
        Register(register),
        board=order.board,
        version=manifest.version,
        stock=read_stock.sha256,
        serial=order.serial,
        reset_by=reset_by,
        self_test=self_test,
    )
    return facts(flash(port, job, progress), order.board, manifest.version, read_stock.sha256)


def facts(report: Report, board: str, version: str, stock: str) -> Facts:
    """What of it is told in the report of a commissioning. Raises NotFlashed."""
    if not report.good or report.found is None:
        bad = [f"{each.part}: {each.says}" for each in report.findings if each.verdict.value in ("missing", "faulty")]
        raise NotFlashed(report.trouble or "; ".join(bad))
    return {
        "chip": report.found.description,
        "mac": report.found.mac,
        "flash_mb": report.found.flash >> 20,
        "board": board,
        "version": version,
        "stock_sha256": stock,
        "parts": {finding.part: finding.verdict.value for finding in report.findings},
    }
