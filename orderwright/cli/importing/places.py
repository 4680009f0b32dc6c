"""Where might somebody live there: one made-up but deliverable place per country name of the file."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A city with a postal code of the country's form; `code` is ISO 3166-1 alpha-2."""

    code: str
    city: str
    postal_code: str
    street: str = "Example Street"
    region: str = ""


COUNTRIES: dict[str, Place] = {
    "United Kingdom": Place("GB", "London", "EC1A 1BB"),
    "Germany": Place("DE", "Berlin", "10115", "Beispielweg"),
    "France": Place("FR", "Paris", "75001", "Rue de l'Exemple"),
    "EIRE": Place("IE", "Dublin", "D02 X285"),
    "Spain": Place("ES", "Madrid", "28001", "Calle Ejemplo"),
    "Netherlands": Place("NL", "Amsterdam", "1012 AB", "Voorbeeldstraat"),
    "Belgium": Place("BE", "Brussels", "1000", "Rue de l'Exemple"),
    "Switzerland": Place("CH", "Zurich", "8001", "Beispielweg"),
    "Australia": Place("AU", "Sydney", "2000", region="NSW"),
    "Portugal": Place("PT", "Lisbon", "1100-148", "Rua Exemplo"),
    "Channel Islands": Place("JE", "St Helier", "JE2 4WD"),
    "Norway": Place("NO", "Oslo", "0150", "Eksempelveien"),
    "Finland": Place("FI", "Helsinki", "00100", "Esimerkkikatu"),
    "Italy": Place("IT", "Rome", "00118", "Via Esempio"),
    "Cyprus": Place("CY", "Nicosia", "1010"),
    "Unspecified": Place("GB", "London", "EC1A 1BB"),
    "Japan": Place("JP", "Tokyo", "100-0001", "Rei"),
    "Sweden": Place("SE", "Stockholm", "111 22", "Exempelgatan"),
    "Austria": Place("AT", "Vienna", "1010", "Beispielgasse"),
    "Hong Kong": Place("HK", "Hong Kong", ""),
    "Poland": Place("PL", "Warsaw", "00-001", "ulica Przykładowa"),
    "Israel": Place("IL", "Tel Aviv", "6100000"),
    "Denmark": Place("DK", "Copenhagen", "1050", "Eksempelvej"),
    "Singapore": Place("SG", "Singapore", "018956"),
    "Canada": Place("CA", "Toronto", "M5V 2T6", region="ON"),
    "Iceland": Place("IS", "Reykjavik", "101"),
    "Greece": Place("GR", "Athens", "105 57"),
    "Malta": Place("MT", "Valletta", "VLT 1117"),
    "European Community": Place("BE", "Brussels", "1000", "Rue de l'Exemple"),
    "Lebanon": Place("LB", "Beirut", "1100"),
    "Lithuania": Place("LT", "Vilnius", "01100"),
    "Brazil": Place("BR", "Brasilia", "70040-010"),
    "United Arab Emirates": Place("AE", "Dubai", ""),
    # No sales tax there, so that an order comes to what its invoice said.
    "USA": Place("US", "Portland", "97205", region="OR"),
    "Bahrain": Place("BH", "Manama", "317"),
    "Czech Republic": Place("CZ", "Prague", "110 00", "Ukázková"),
    "Saudi Arabia": Place("SA", "Riyadh", "11564"),
    "RSA": Place("ZA", "Cape Town", "8001"),
}
"""Two names are no country: "Unspecified" stands for the seller's, "European Community" for its seat."""
