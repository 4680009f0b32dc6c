"""How does a PDF say that it is Factur-X? In its XMP metadata, which typst has no words for.

An incremental update (ISO 32000-1, 7.5.6): the metadata object is written anew behind the end, and nothing
before it changes. Source of names and texts: Factur-X 1.0, section 6.3.
"""

import re

SCHEMA = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"
_PROPERTIES = {
    "DocumentType": ("INVOICE", "The type of the hybrid document in capital letters, e.g. INVOICE or ORDER"),
    "DocumentFileName": ("factur-x.xml", "The name of the embedded XML document"),
    "Version": ("1.0", "The actual version of the standard applying to the embedded XML document"),
    "ConformanceLevel": ("EN 16931", "The conformance level of the embedded XML document"),
}
_METADATA = re.compile(
    rb"(\d+) 0 obj\n<</Length \d+/Type/Metadata/Subtype/XML>>\nstream\n(.*?)\nendstream", re.DOTALL
)
_TRAILER = re.compile(rb"trailer\n<<(.*?)>>\nstartxref\n(\d+)\n%%EOF\s*$", re.DOTALL)
_SCHEMAS, _END = b"</rdf:Bag></pdfaExtension:schemas>", b"</rdf:RDF>"


def named(pdf: bytes) -> bytes:
    """The same PDF/A, whose metadata name its attachment; one that is no PDF/A of typst's stays as it is."""
    metadata, trailer = _METADATA.search(pdf), _TRAILER.search(pdf)
    if metadata is None or trailer is None or _SCHEMAS not in metadata[2]:
        return pdf
    told = metadata[2].replace(_SCHEMAS, _schema() + _SCHEMAS).replace(_END, _values() + _END)
    number, at = int(metadata[1]), len(pdf) + 1
    parts = [
        b"\n%d 0 obj\n<</Length %d/Type/Metadata/Subtype/XML>>\nstream\n" % (number, len(told)),
        told + b"\nendstream\nendobj\n",
    ]
    table = len(pdf) + sum(map(len, parts))
    parts += [
        b"xref\n%d 1\n%010d 00000 n\r\n" % (number, at),
        b"trailer\n<<%b/Prev %b>>\nstartxref\n%d\n%%%%EOF\n" % (trailer[1], trailer[2], table),
    ]
    return pdf + b"".join(parts)


def _schema() -> bytes:
    """PDF/A wants every property described that it does not know."""
    described = "".join(
        '<rdf:li rdf:parseType="Resource">'
        f"<pdfaProperty:name>{name}</pdfaProperty:name><pdfaProperty:valueType>Text</pdfaProperty:valueType>"
        f"<pdfaProperty:category>external</pdfaProperty:category>"
        f"<pdfaProperty:description>{words}</pdfaProperty:description></rdf:li>"
        for name, (_, words) in _PROPERTIES.items()
    )
    return (
        '<rdf:li rdf:parseType="Resource">'
        "<pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>"
        f"<pdfaSchema:namespaceURI>{SCHEMA}</pdfaSchema:namespaceURI><pdfaSchema:prefix>fx</pdfaSchema:prefix>"
        f"<pdfaSchema:property><rdf:Seq>{described}</rdf:Seq></pdfaSchema:property></rdf:li>"
    ).encode()


def _values() -> bytes:
    values = "".join(f"<fx:{name}>{value}</fx:{name}>" for name, (value, _) in _PROPERTIES.items())
    return f'<rdf:Description rdf:about="" xmlns:fx="{SCHEMA}">{values}</rdf:Description>'.encode()
