"""A walk past every screen, in one language, with a name for each: what `make screens` compares."""

from __future__ import annotations

import tempfile
from pathlib import Path

from PIL import Image

from host_tools.acquirer.faults import Kind
from host_tools.bench.shop import Shop

LANGUAGES = ("zh", "en")


class Tour:
    """`pictures` fills with the display's pixels by name as the walk goes on."""

    def __init__(self, shop: Shop, language: str) -> None:
        self.pictures: dict[str, Image.Image] = {}
        self._shop = shop
        self._index = LANGUAGES.index(language)

    def walk(self) -> None:
        self._open()
        self._sale()
        self._bad_cards()
        self._declined()
        self._host_trouble()
        self._printer_trouble()
        self._menu()
        self._offline()
        self._void_and_refund()
        self._look_up()
        self._settlement()
        self._power_cuts()

    def _see(self, name: str, chinese: str, english: str, timeout: float = 60) -> None:
        """Wait for words on the screen, and take its picture."""
        self._shop.bench.expect((chinese, english)[self._index], timeout=timeout)
        self.pictures[name] = self._shop.bench.parts.display.to_image(1)

    def _press(self, *keys: str) -> None:
        self._shop.bench.press(*keys)

    def _open(self) -> None:
        self._shop.bench.power_on()
        self._see("self-check", "自检通过", "All in order")
        self._log_in()
        self._see("signed-in", "签到成功", "Signed in")
        self._see("idle", "请输入金额", "Key in amount")

    def _log_in(self) -> None:
        self._see("log-in", "柜员号", "Operator no.")
        self._press("0", "2", "enter")
        self._see("password", "柜员密码", "Password")
        self._press("0", "0", "0", "0")
        self.pictures["password-entered"] = self._shop.bench.parts.display.to_image(1)
        self._press("enter")
        self._see("log-in-refused", "柜员号或密码错误", "Wrong operator")
        self._press("enter", "0", "1", "enter", "0", "0", "0", "0", "enter")

    def _ask_for(self, digits: str) -> None:
        self._press(*digits, "enter")
        self._see("card", "请刷卡", "Swipe card")

    def _pay(self, digits: str, card: str = "plain") -> None:
        self._ask_for(digits)
        self._shop.swipe(self._shop.cards[card])
        self._see("pin", "输完按确认", "then press ENTER")
        self._press(*self._shop.cards[card].pin)
        self._see("pin-entered", "******", "******")
        self._press("enter")

    def _take_slips(self) -> None:
        self._see("tear", "撕单后按确认", "Tear, then ENTER")
        self._press("enter")
        self._see("approved-copy", "打印持卡人存根", "Customer's copy")
        self._see("idle-again", "请输入金额", "Key in amount")

    def _sale(self) -> None:
        self._press("0", "enter")
        self._see("amount-zero", "金额不能为零", "Amount is zero")
        self._press(*"123456789012")
        self._see("amount-largest", "1234567890.12", "1234567890.12")
        self._press("enter")
        self._see("amount-large-confirm", "大额交易", "Large amount")
        self._press("cancel", *"1234")
        self._see("amount", "12.34", "12.34")
        self._press("cancel")
        self._pay("1234")
        self._see("sending", "正在联网", "Connecting")
        self._see("approved", "交易成功", "Approved")
        self._take_slips()

    def _bad_cards(self) -> None:
        self._ask_for("1")
        self._shop.swipe(self._shop.cards["plain"], bad=(2,))
        self._see("card-unreadable", "请重新刷卡", "Bad swipe")
        self._press("enter")
        self._shop.swipe(self._shop.cards["expired"])
        self._see("card-expired", "卡已过期", "Card expired")
        self._press("enter")
        self._shop.bench.parts.swipe_reader.swipe(None, "1234567890")
        self._see("card-not-a-bank", "不是银行卡", "Not a bank card")
        self._press("enter", "cancel")

    def _declined(self) -> None:
        for name, card, chinese, english in (
            ("declined-funds", "empty", "余额不足", "Insufficient"),
            ("declined-lost", "lost", "挂失卡", "Lost card"),
        ):
            self._pay("100", card)
            self._see(name, chinese, english)
            self._press("enter")
        for code in ("13", "14", "30", "40", "55", "58", "61", "75", "91", "96", "98", "A7"):
            self._shop.disturb(Kind.ANSWER, "0200", code=code)
            self._pay("100")
            self._see(f"declined-{code}", f"[{code}]", f"[{code}]")
            self._press("enter")

    def _host_trouble(self) -> None:
        self._shop.bench.network(False)
        self._pay("100")
        self._see("no-connection", "网络不通", "No connection")
        self._shop.bench.network(True)
        self._press("enter")
        self._shop.host_up = False
        self._pay("100")
        self._see("host-unreachable", "主机连不上", "unreachable")
        self._shop.host_up = True
        self._press("enter")
        self._shop.disturb(Kind.SILENT, "0200")
        self._pay("100")
        self._see("to-be-confirmed", "待确认", "TO BE CONFIRMED")
        self._see("reversed", "已冲正", "Reversed.")
        self._press("enter")
        self._shop.disturb(Kind.SILENT, "0200")
        self._shop.disturb(Kind.LOST, "0400", nth=1)
        self._shop.disturb(Kind.LOST, "0400", nth=1)
        self._pay("100")
        self._see("reversing", "正在冲正", "Reversing", 70)
        self._shop.bench.run(45)
        self._pay("100")
        self._see("reversal-pending", "上笔未冲正", "Reversal pending", 70)
        self._press("enter")

    def _printer_trouble(self) -> None:
        printer = self._shop.bench.parts.printer
        printer.paper_out()
        self._pay("100")
        self._see("paper-out", "打印机缺纸", "no paper")
        printer.load_paper()
        printer.open_cover()
        self._press("enter")
        self._see("cover-open", "盖未合", "is open")
        printer.close_cover()
        self._press("cancel")
        self._see("idle-after", "请输入金额", "Key in amount")

    def _menu(self) -> None:
        self._press("menu")
        self._see("menu", "1 消费", "1 Sale")
        self._press("down")
        self._see("menu-2", "7 管理", "7 Management")
        self._press("6")
        self._see("menu-printing", "1 重打印", "1 Reprint")
        self._press("down")
        self._see("menu-printing-2", "4 打印汇总", "4 Print totals")
        self._press("cancel", "menu", "7")
        self._see("menu-management", "1 签到", "1 Sign in")
        self._press("down")
        self._see("menu-management-2", "5 结算", "5 Settle")
        self._press("down")
        self._see("menu-management-3", "9 柜员退出", "9 Log out")
        self._press("cancel")

    def _offline(self) -> None:
        self._shop.bench.network(False)
        self._press("menu", "5")
        self._see("offline-amount", "离线结算", "Offline sale")
        self._press(*"100001", "enter")
        self._see("offline-limit", "超过离线限额", "Over the offline")
        self._press("enter", "menu", "5", *"500", "enter")
        self._see("offline-card", "请刷卡", "Swipe card")
        self._shop.swipe(self._shop.cards["plain"])
        self._see("offline-code", "电话授权码", "Voice auth code")
        self._press(*"654321", "enter")
        self._see("offline-stored", "待上送", "to send")
        self._take_slips()
        self._see("idle-unsent", "未上送1笔", "Unsent 1")
        self._see("idle-no-network", "网络不通", "No connection")
        self._shop.bench.network(True)
        self._shop.disturb(Kind.LOST, "0220")
        self._see("idle-silent-host", "主机无应答", "Host is silent", 120)
        self._press("menu", "7", "9")
        self._see("log-out-unsent", "会保留", "stay. ENTER")
        self._press("cancel")
        self._shop.disturb(Kind.ANSWER, "0220", code="14")
        self._see("delivery-refused", "[14]", "[14]", 120)
        self._press("enter")

    def _supervise(self) -> None:
        self._see("supervisor", "主管密码", "Supervisor")
        self._press(*"123456", "enter")

    def _void_and_refund(self) -> None:
        self._press("menu", "2")
        self._supervise()
        self._see("void-voucher", "原凭证号", "Voucher no.")
        self._press("enter")
        self._see("void-this", "撤销这笔", "Void this?")
        self._press("enter")
        self._see("void-card", "请刷卡", "Swipe card")
        self._shop.swipe(self._shop.cards["long"])
        self._see("another-card", "不是原来那张卡", "Not the card")
        self._press("enter")
        self._shop.disturb(Kind.SILENT, "0200")
        self._shop.swipe(self._shop.cards["plain"])
        self._see("void-pin", "输完按确认", "then press ENTER")
        self._press(*self._shop.cards["plain"].pin, "enter")
        self._see("void-to-be-confirmed", "请勿重复撤销", "Do not repeat.")
        self._see("void-reversed", "原消费有效", "sale stands.")
        self._press("enter", "menu", "2")
        self._supervise()
        self._press(*"999999", "enter")
        self._see("void-no-such-sale", "没有这笔消费", "No such sale")
        self._press("enter", "menu", "3")
        self._supervise()
        self._see("refund-voucher", "原凭证号", "Voucher no.")
        self._press("2", "enter")
        self._see("refund-this", "退这笔", "Refund this?")
        self._press("enter", *"1235", "enter")
        self._see("refund-limit", "最多可退", "At most")
        self._press("enter", *"234", "enter")
        self._see("refund-card", "请刷卡", "Swipe card")
        self._shop.swipe(self._shop.cards["plain"])
        self._see("refund-approved", "交易成功", "Approved")
        self._take_slips()

    def _look_up(self) -> None:
        self._press("menu", "7", "3")
        self._see("look-up", "1 按凭证号", "1 By voucher")
        self._press("6")
        self._see("look-up-refund", "-2.34 已上送", "-2.34 sent")
        self._press("down")
        self._see("look-up-reversed", "已冲正", "reversed")
        self._press("down")
        self._see("look-up-refused", "被拒", "refused")
        self._press("cancel")

    def _settlement(self) -> None:
        self._press("menu", "7", "5")
        self._see("settle-this", "结算 请核对", "Settle this?")
        self._press("enter")
        self._see("settled", "对账平", "BALANCED")
        self._see("idle-settled", "请输入金额", "Key in amount")
        self._press("menu", "7", "5")
        self._see("settle-empty", "没有交易", "Nothing to")
        self._press("enter", "menu", "7", "2")
        self._see("signed-off", "签退成功", "Signed off")
        self._log_in_again()

    def _log_in_again(self) -> None:
        self._press("enter", "0", "1", "enter", "0", "0", "0", "0", "enter")
        self._see("idle-next-day", "请输入金额", "Key in amount")
        self._pay("100")
        self._see("next-day-approved", "交易成功", "Approved")

    def _power_cuts(self) -> None:
        bench = self._shop.bench
        bench.power_off()
        bench.power_on()
        self._log_in()
        self._see("receipt-due", "未打完", "Receipt not")
        self._press("cancel")
        self._pay("100")
        bench.until(lambda: self._shop.trace[-1].mti == "0210", "answer on its way")
        bench.power_off()
        bench.parts.printer.paper_out()
        bench.power_on()
        self._see("self-check-paper", "打印机缺纸", "no paper")
        self._press("enter")
        self._see("reversed-after-power-cut", "已冲正", "Reversed.")


def photograph(language: str) -> dict[str, Image.Image]:
    """Every screen of the terminal in one language, by name, a pixel for a pixel."""
    with tempfile.TemporaryDirectory() as scratch, Shop(Path(scratch), language=language) as shop:
        tour = Tour(shop, language)
        tour.walk()
        return tour.pictures
