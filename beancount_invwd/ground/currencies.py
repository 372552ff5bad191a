"""The currencies of ISO 4217 → the decimals of their smallest unit.

Two for most of them: 0.01 USD, but 1 JPY and 0.001 KWD. Codes without a minor unit (gold, drawing
rights, test codes) are left out.
"""

from __future__ import annotations

_OTHER = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_TWO = """
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD
CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD
GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA
MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR
RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD
TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG
"""
_DECIMALS = dict.fromkeys(_TWO.split(), 2) | {
    code: decimals for decimals, codes in _OTHER.items() for code in codes.split()
}


def find_decimals(currency: str) -> int | None:
    """The decimals of a currency's smallest unit; None if it is none of ISO 4217."""
    return _DECIMALS.get(currency)
