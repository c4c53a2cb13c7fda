"""Who shares a cash desk in a mall, for benches and tests. Their keys are made of their names, and protect nothing."""

from __future__ import annotations

import hashlib

import psec

from host_tools.acquirer.fixture import Enrolment

_NAMES = (
    "珠算书店 ABACUS BOOKS",
    "竹筹文具 COUNTING RODS",
    "千里眼镜 THOUSAND MILES OPTICIANS",
    "四时花店 FOUR SEASONS FLOWERS",
    "半两点心 HALF A LIANG PASTRIES",
    "九章琴行 NINE CHAPTERS MUSIC",
    "百工五金 HUNDRED CRAFTS HARDWARE",
)


def tenants(count: int) -> tuple[Enrolment, ...]:
    """So many terminals of other merchants, up to seven, as an acquirer enrols them."""
    return tuple(
        Enrolment(
            tid=f"1000010{number}",
            mid=f"89811025734010{number}",
            merchant=name,
            serial=f"SP-VB-00010{number}",
            tmk=psec.des.adjust_key_parity(hashlib.sha256(name.encode()).digest()[:16]),
            batch=1,
        )
        for number, name in enumerate(_NAMES[:count], 2)
    )
