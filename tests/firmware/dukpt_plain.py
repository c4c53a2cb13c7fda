"""DUKPT as a host does it: any transaction's key from the initial key alone. The oracle of the registers.

Written from ANSI X9.24-1:2009 and X9.24-3:2017, over the plain twin of DES and over `cryptolib`. `state` is what
a register has to hold when a given counter is next: for each bit the key of the next value in which it is the lowest.
"""

from cryptolib import aes

import des_plain


class Tdes:
    KSN, BITS, ONES, KEY = 10, 21, 10, 16

    @staticmethod
    def derive(key, tail):
        variant = (int.from_bytes(key, "big") ^ 0xC0C0C0C000000000C0C0C0C000000000).to_bytes(16, "big")
        halves = b""
        for register in (variant, key):
            right = int.from_bytes(register[8:], "big")
            block = (int.from_bytes(tail, "big") ^ right).to_bytes(8, "big")
            block = int.from_bytes(des_plain.encrypt(register[:8], block), "big") ^ right
            halves += block.to_bytes(8, "big")
        return halves


class Aes:
    KSN, BITS, ONES, KEY = 12, 32, 16, 16

    @staticmethod
    def derive(key, tail):
        data = bytes.fromhex("0101800000020080") + tail
        return aes(key, 1).encrypt(data)


def ksn_of(kind, ksn, counter):
    fixed = int.from_bytes(ksn, "big") >> kind.BITS << kind.BITS
    return (fixed | counter).to_bytes(kind.KSN, "big")


def key_of(kind, initial_key, ksn, counter):
    key, value = initial_key, 0
    for bit in range(kind.BITS - 1, -1, -1):
        if counter >> bit & 1:
            value |= 1 << bit
            key = kind.derive(key, ksn_of(kind, ksn, value)[-8:])
    return key


def state(kind, initial_key, ksn, counter):
    keys = b""
    for bit in range(kind.BITS):
        # The next value, from `counter` on, whose lowest bit this is; and the one that its key is derived from.
        value = (counter + (1 << bit) - 1 >> bit | 1) << bit
        parent = value - (1 << bit)
        there = parent < counter and value < 1 << kind.BITS and bin(value).count("1") <= kind.ONES
        keys += key_of(kind, initial_key, ksn, value) if there else bytes(kind.KEY)
    return bytearray(ksn_of(kind, ksn, counter) + keys)
