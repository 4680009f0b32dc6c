"""How does a machine read an invoice? As Factur-X (profile EN 16931): UN/CEFACT CII D16B.

Sources: EN 16931-1 (BT and BG terms), Factur-X 1.09. Elements stand in the order of the schema.
"""

import re
from datetime import date
from decimal import Decimal
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

from orderwright.domain.addresses import Address
from orderwright.domain.documents.papers import DocumentKind, Paper, PaperLine, Party, RateSum, TaxCategory
from orderwright.domain.geography import EU
from orderwright.domain.money import Money, decimals

MEDIA_TYPE = "application/xml"
PROFILE = "urn:cen.eu:en16931:2017"
TYPES = {DocumentKind.INVOICE: "380", DocumentKind.CREDIT_MEMO: "381"}
"""UNTDID 1001."""
WHY_NONE = {TaxCategory.REVERSE_CHARGE: "Reverse charge", TaxCategory.EXEMPT: "Exempt from tax"}
PIECES = "C62"
"""UN/ECE Recommendation 20: one."""
CARD, NOT_DEFINED = "48", "1"
"""UNTDID 4461."""

_NAMES = {
    "rsm": "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
    "ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
    "udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
    "qdt": "urn:un:unece:uncefact:data:standard:QualifiedDataType:100",
}
for _prefix, _uri in _NAMES.items():
    register_namespace(_prefix, _uri)
_UNREADABLE = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def offered(paper: Paper) -> bool:
    """Whether there is one: an invoice or credit memo, of a seller who has said who he is, to the EU.

    Never with a third decimal (KWD): EN 16931 knows two, and a rounded amount would not be that of the row.
    """
    named = bool(paper.seller.tax_id and paper.seller.address.name and paper.seller.address.country)
    return (
        paper.kind in TYPES
        and named
        and paper.bill_to.address.country in EU
        and decimals(paper.currency) <= 2
    )


def xml(paper: Paper) -> bytes:
    """The document. The same paper always gives the same bytes."""
    root = Element(_name("rsm:CrossIndustryInvoice"))
    context = _in(root, "rsm:ExchangedDocumentContext")
    _text(_in(context, "ram:GuidelineSpecifiedDocumentContextParameter"), "ram:ID", PROFILE)
    document = _in(root, "rsm:ExchangedDocument")
    _text(document, "ram:ID", paper.number)
    _text(document, "ram:TypeCode", TYPES[paper.kind])
    _day(_in(document, "ram:IssueDateTime"), "udt", paper.issued_on)
    for note in filter(None, (paper.reason, paper.seller.note)):
        _text(_in(document, "ram:IncludedNote"), "ram:Content", note)
    trade = _in(root, "rsm:SupplyChainTradeTransaction")
    for nth, line in enumerate(paper.lines, 1):
        _line(trade, nth, line, paper.currency)
    _agreement(trade, paper)
    _delivery(trade, paper)
    _settlement(trade, paper)
    made: bytes = tostring(root, encoding="UTF-8", xml_declaration=True)
    return made


def _line(trade: Element, nth: int, line: PaperLine, currency: str) -> None:
    """The price is that of all its units (basis quantity), so that no unit price has to be rounded."""
    item = _in(trade, "ram:IncludedSupplyChainTradeLineItem")
    _text(_in(item, "ram:AssociatedDocumentLineDocument"), "ram:LineID", str(nth))
    product = _in(item, "ram:SpecifiedTradeProduct")
    if line.sku:
        _text(product, "ram:SellerAssignedID", line.sku)
    _text(product, "ram:Name", line.description or line.sku)
    price = _in(_in(item, "ram:SpecifiedLineTradeAgreement"), "ram:NetPriceProductTradePrice")
    _text(price, "ram:ChargeAmount", _amount(line.net, currency))
    _text(price, "ram:BasisQuantity", str(line.units), unitCode=PIECES)
    _text(_in(item, "ram:SpecifiedLineTradeDelivery"), "ram:BilledQuantity", str(line.units), unitCode=PIECES)
    settlement = _in(item, "ram:SpecifiedLineTradeSettlement")
    tax = _in(settlement, "ram:ApplicableTradeTax")
    _text(tax, "ram:TypeCode", "VAT")
    _text(tax, "ram:CategoryCode", line.category.value)
    _text(tax, "ram:RateApplicablePercent", _percent(line.rate_ppm))
    summation = _in(settlement, "ram:SpecifiedTradeSettlementLineMonetarySummation")
    _text(summation, "ram:LineTotalAmount", _amount(line.net, currency))


def _agreement(trade: Element, paper: Paper) -> None:
    agreement = _in(trade, "ram:ApplicableHeaderTradeAgreement")
    _party(agreement, "ram:SellerTradeParty", paper.seller)
    _party(agreement, "ram:BuyerTradeParty", paper.bill_to)
    _text(_in(agreement, "ram:SellerOrderReferencedDocument"), "ram:IssuerAssignedID", paper.order_number)
    if paper.po_number:
        _text(_in(agreement, "ram:BuyerOrderReferencedDocument"), "ram:IssuerAssignedID", paper.po_number)


def _party(parent: Element, name: str, party: Party) -> None:
    element = _in(parent, name)
    _address(element, party.address)
    if party.email:
        _text(_in(element, "ram:URIUniversalCommunication"), "ram:URIID", party.email, schemeID="EM")
    if party.tax_id:
        _text(_in(element, "ram:SpecifiedTaxRegistration"), "ram:ID", party.tax_id, schemeID="VA")


def _address(party: Element, address: Address) -> None:
    """A company is the party and the person its contact's line; else the person is the party."""
    company, person = address.company.strip(), address.name.strip()
    _text(party, "ram:Name", company or person)
    postal = _in(party, "ram:PostalTradeAddress")
    lines = [part for part in (address.line1, address.line2, person if company else "") if part.strip()]
    parts = [("ram:PostcodeCode", address.postal_code)]
    parts += list(zip(("ram:LineOne", "ram:LineTwo", "ram:LineThree"), lines, strict=False))
    parts += [("ram:CityName", address.city), ("ram:CountryID", address.country)]
    parts += [("ram:CountrySubDivisionName", address.region)]
    for name, value in parts:
        if value.strip():
            _text(postal, name, value)


def _delivery(trade: Element, paper: Paper) -> None:
    delivery = _in(trade, "ram:ApplicableHeaderTradeDelivery")
    if paper.ship_to is not None:
        _address(_in(delivery, "ram:ShipToTradeParty"), paper.ship_to)
    if paper.supplied_on is not None:
        event = _in(delivery, "ram:ActualDeliverySupplyChainEvent")
        _day(_in(event, "ram:OccurrenceDateTime"), "udt", paper.supplied_on)


def _settlement(trade: Element, paper: Paper) -> None:
    settlement = _in(trade, "ram:ApplicableHeaderTradeSettlement")
    _text(settlement, "ram:PaymentReference", paper.number)
    _text(settlement, "ram:InvoiceCurrencyCode", paper.currency)
    means = _in(settlement, "ram:SpecifiedTradeSettlementPaymentMeans")
    _text(means, "ram:TypeCode", CARD if paper.paid_by.startswith("Card") else NOT_DEFINED)
    for one in paper.rates:
        _tax(settlement, one, paper.currency)
    if not paper.paid:
        terms = _in(settlement, "ram:SpecifiedTradePaymentTerms")
        _text(terms, "ram:Description", paper.paid_by or "On terms")
        if paper.due_on is not None:
            _day(_in(terms, "ram:DueDateDateTime"), "udt", paper.due_on)
    _totals(settlement, paper)
    for earlier in paper.refers_to:
        reference = _in(settlement, "ram:InvoiceReferencedDocument")
        _text(reference, "ram:IssuerAssignedID", earlier.number)
        _day(_in(reference, "ram:FormattedIssueDateTime"), "qdt", earlier.issued_on)


def _tax(settlement: Element, one: RateSum, currency: str) -> None:
    tax = _in(settlement, "ram:ApplicableTradeTax")
    _text(tax, "ram:CalculatedAmount", _amount(one.tax, currency))
    _text(tax, "ram:TypeCode", "VAT")
    if one.category in WHY_NONE:
        _text(tax, "ram:ExemptionReason", WHY_NONE[one.category])
    _text(tax, "ram:BasisAmount", _amount(one.net, currency))
    _text(tax, "ram:CategoryCode", one.category.value)
    if one.category is TaxCategory.REVERSE_CHARGE:
        _text(tax, "ram:ExemptionReasonCode", "VATEX-EU-AE")
    _text(tax, "ram:RateApplicablePercent", _percent(one.rate_ppm))


def _totals(settlement: Element, paper: Paper) -> None:
    sums = _in(settlement, "ram:SpecifiedTradeSettlementHeaderMonetarySummation")
    paid = paper.total if paper.paid else 0
    _text(sums, "ram:LineTotalAmount", _amount(paper.net, paper.currency))
    _text(sums, "ram:TaxBasisTotalAmount", _amount(paper.net, paper.currency))
    _text(sums, "ram:TaxTotalAmount", _amount(paper.tax, paper.currency), currencyID=paper.currency)
    _text(sums, "ram:GrandTotalAmount", _amount(paper.total, paper.currency))
    _text(sums, "ram:TotalPrepaidAmount", _amount(paid, paper.currency))
    _text(sums, "ram:DuePayableAmount", _amount(paper.total - paid, paper.currency))


def _name(name: str) -> str:
    prefix, _, local = name.partition(":")
    return f"{{{_NAMES[prefix]}}}{local}"


def _in(parent: Element, name: str) -> Element:
    return SubElement(parent, _name(name))


def _text(parent: Element, name: str, value: str, **attributes: str) -> None:
    """What XML 1.0 cannot hold (control characters) is left out."""
    SubElement(parent, _name(name), attributes).text = _UNREADABLE.sub("", value)


def _day(parent: Element, kind: str, when: date) -> None:
    _text(parent, f"{kind}:DateTimeString", f"{when:%Y%m%d}", format="102")


def _amount(amount: int, currency: str) -> str:
    return f"{Money(amount, currency).major():.{decimals(currency)}f}"


def _percent(ppm: int) -> str:
    exact = (Decimal(ppm) / 10_000).normalize()
    return f"{exact:f}"
