"""How do the names, figures, rates and days on a paper read in each language?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from orderwright.domain.money import Money, decimals
from orderwright.services.telling import formats

REVERSE_CHARGE = "Reverse charge: the recipient is liable for the tax (Article 196 of Directive 2006/112/EC)."
PAYMENT, DISCOUNTED = "Payment for order", ", discounted"
"""How a line without a product begins, and what is added to a product's name."""

_DE = {
    "Bill to": "Rechnung an", "Ship to": "Lieferung an", "Item": "Artikel", "Units": "Menge",
    "Price": "Preis", "Rate": "Satz", "Shipping": "Versand", "Fees": "Gebühren", "Refund": "Erstattung",
    PAYMENT: "Zahlung für Bestellung", DISCOUNTED: ", rabattiert",
    "Invoice": "Rechnung", "Invoices": "Rechnungen", "Credit memo": "Gutschrift", "Receipt": "Quittung",
    "Total": "Gesamtbetrag", "Total credited": "Gutgeschrieben", "Paid": "Bezahlt", "Net": "Netto",
    "Tax": "MwSt.", "Tax included": "Enthaltene MwSt.", "Amount": "Betrag",
    "Amount incl. tax": "Betrag inkl. MwSt.", "Tax ID": "USt-IdNr.", "Date": "Datum", "Order": "Bestellung",
    "Ordered": "Bestellt am", "Your reference": "Ihre Referenz", "Shipped": "Versandt am",
    "Payment": "Zahlung", "Due on": "Fällig am", "Reason": "Grund", "Card": "Karte",
    "On terms": "Auf Rechnung", "Bank transfer": "Überweisung", "Gift card": "Geschenkkarte",
    "Store credit": "Guthaben", "Cash on delivery": "Nachnahme",
    "Goods in exchange": "Ware im Tausch", "and {} more": "und {} weitere",
    "Paid. Nothing is due.": "Bezahlt. Es ist nichts mehr offen.",
    REVERSE_CHARGE: "Steuerschuldnerschaft des Leistungsempfängers (Artikel 196 der Richtlinie 2006/112/EG).",
}  # fmt: skip
_ES = {
    "Bill to": "Facturar a", "Ship to": "Enviar a", "Item": "Artículo", "Units": "Cantidad",
    "Price": "Precio", "Rate": "Tipo", "Shipping": "Envío", "Fees": "Recargos", "Refund": "Reembolso",
    PAYMENT: "Pago del pedido", DISCOUNTED: ", con descuento",
    "Invoice": "Factura", "Invoices": "Facturas", "Credit memo": "Factura rectificativa", "Receipt": "Recibo",
    "Total": "Total", "Total credited": "Total abonado", "Paid": "Pagado", "Net": "Base imponible",
    "Tax": "IVA", "Tax included": "IVA incluido", "Amount": "Importe", "Amount incl. tax": "Importe con IVA",
    "Tax ID": "NIF", "Date": "Fecha", "Order": "Pedido", "Ordered": "Fecha del pedido",
    "Your reference": "Su referencia", "Shipped": "Fecha de envío", "Payment": "Forma de pago",
    "Due on": "Vencimiento", "Reason": "Motivo", "Card": "Tarjeta", "On terms": "A plazo",
    "Bank transfer": "Transferencia", "Gift card": "Tarjeta regalo", "Store credit": "Saldo en la tienda",
    "Cash on delivery": "Contra reembolso", "Goods in exchange": "Cambio de artículos",
    "and {} more": "y {} más",
    "Paid. Nothing is due.": "Pagado. No queda nada pendiente.",
    REVERSE_CHARGE: "Inversión del sujeto pasivo (artículo 196 de la Directiva 2006/112/CE).",
}  # fmt: skip
_FR = {
    "Bill to": "Facturé à", "Ship to": "Livré à", "Item": "Article", "Units": "Quantité", "Price": "Prix",
    "Rate": "Taux", "Shipping": "Livraison", "Fees": "Frais", "Refund": "Remboursement",
    PAYMENT: "Paiement de la commande", DISCOUNTED: ", remisé",
    "Invoice": "Facture", "Invoices": "Factures", "Credit memo": "Avoir", "Receipt": "Reçu",
    "Total": "Total", "Total credited": "Total crédité", "Paid": "Payé", "Net": "Total HT", "Tax": "TVA",
    "Tax included": "Dont TVA", "Amount": "Montant HT", "Amount incl. tax": "Montant TTC",
    "Tax ID": "N° de TVA", "Date": "Date", "Order": "Commande", "Ordered": "Commandé le",
    "Your reference": "Votre référence", "Shipped": "Expédié le", "Payment": "Paiement",
    "Due on": "Échéance", "Reason": "Motif", "Card": "Carte", "On terms": "Sur facture",
    "Bank transfer": "Virement", "Gift card": "Carte cadeau", "Store credit": "Avoir en magasin",
    "Cash on delivery": "Contre remboursement", "Goods in exchange": "Articles échangés",
    "and {} more": "et {} de plus",
    "Paid. Nothing is due.": "Payé. Rien ne reste dû.",
    REVERSE_CHARGE: "Autoliquidation : TVA due par le preneur (article 196 de la directive 2006/112/CE).",
}  # fmt: skip
WORDS: Mapping[str, Mapping[str, str]] = {"de": _DE, "es": _ES, "fr": _FR}


@dataclass(frozen=True, slots=True)
class Wording:
    """A language that papers are read in; one without words here is English."""

    language: str = "en"

    def say(self, english: str) -> str:
        """A name or a sentence that papers have; what a shop wrote itself stays as it is."""
        return WORDS.get(self.language.lower().partition("-")[0], {}).get(english, english)

    def paid_by(self, said: str) -> str:
        """`Card`, or with what it is known by: `Card (ch_3PqExample)`."""
        way, bracket, reference = said.partition(" (")
        return self.say(way) + bracket + reference

    def described(self, text: str, sku: str) -> str:
        """A line's name: a product keeps its own, what we call the others is said."""
        if sku:
            name = text.removesuffix(DISCOUNTED)
            return name if name == text else name + self.say(DISCOUNTED)
        number = text.removeprefix(PAYMENT)
        return self.say(text) if number == text else self.say(PAYMENT) + number

    def figure(self, amount: int, currency: str) -> str:
        """Minor units as they are printed, with the digits that the currency has: 1,234.50."""
        return formats.number(Money(amount, currency).major(), decimals(currency), self.language)

    def units(self, count: int) -> str:
        """A number of pieces: 1,200."""
        return formats.number(count, 0, self.language)

    def percent(self, ppm: int) -> str:
        """A rate as it is printed: 20 %, 8.875 %."""
        digits = len(f"{ppm % 10_000:04d}".rstrip("0"))
        return f"{formats.number(ppm / 10_000, digits, self.language)} %"

    def day(self, when: date) -> str:
        """A date that nobody reads the wrong way round: 24 November 2026."""
        return formats.date_of(when, self.language)
