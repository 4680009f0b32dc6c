"""What may be wrong with returns: rows as no service of ours writes them."""

_RETURN = (
    "INSERT INTO returns (id, number, order_id, state, resolution, method, location, policy_version, why, "
    "requested_by) SELECT gen_random_uuid(), 'RET-1', id, '{state}', 'refund', 'label', 'LON', 0, '{why}', "
    "'ann' FROM orders"
)
_LINE = (
    "INSERT INTO return_lines (id, return_id, line_id, sku, units, reason, withdrawal, restocking_ppm, "
    "refunds_shipping, window_ends, received, value, refund, refunded_units) SELECT gen_random_uuid(), r.id, "
    "l.id, 'MUG', 1, 'damaged', false, 0, false, '2026-02-01', {received}, {refund}, {refund}, {units} "
    "FROM returns r, order_lines l"
)
LABELED = (
    _RETURN.format(state="approved", why=""),
    "INSERT INTO return_parcels (id, return_id, order_id, state, reference, tracking_code, grams, length_mm, "
    "width_mm, height_mm, amount, currency) "
    "SELECT gen_random_uuid(), id, order_id, 'labeled', 'shp_2', '2Z', "
    "1, 1, 1, 1, 700, 'USD' FROM returns",
)
"""A return with the label `shp_2` for 7.00 USD."""
INSPECTED = (
    _RETURN.format(state="inspected", why=""),
    "UPDATE returns SET inspected_at = '2026-01-20'",
    _LINE.format(received=1, refund=0, units=0),
    "UPDATE order_lines SET returned = 1",
    "INSERT INTO return_inspections (id, return_line_id, units, condition, disposition, inspected_by) "
    "SELECT gen_random_uuid(), id, 1, 'damaged', 'to_vendor', 'ann' FROM return_lines",
)
"""One mug that came back damaged and waits for its vendor."""
CREDITED = (
    *INSPECTED,
    "INSERT INTO vendor_returns (id, number, vendor, location, state, opened_by, shipped_at, "
    "credit, currency) VALUES (gen_random_uuid(), 'RTV-1', 'MAKER', 'LON', 'settled', 'ann', '2026-02-01', "
    "300, 'GBP')",
    "INSERT INTO vendor_return_lines (id, vendor_return_id, inspection_id, sku, units, credit) "
    "SELECT gen_random_uuid(), v.id, i.id, 'MUG', 1, 300 FROM vendor_returns v, return_inspections i",
    "UPDATE return_inspections SET gathered = 1",
)
"""The same, credited with 3.00 GBP."""
PLANTED = {
    "units on their way back, and returned, are those of the returns": [
        "UPDATE order_lines SET coming_back = 1"
    ],
    "a return gives back what it was reckoned, for no more units than came": [
        _RETURN.format(state="inspected", why=""),
        _LINE.format(received=0, refund=1250, units=1),
    ],
    "a return is resolved once its money is through": [_RETURN.format(state="resolved", why="resolved")],
    "what an order took of a return that pays for it, the return has given": [
        _RETURN.format(state="approved", why=""),
        "INSERT INTO exchanges (return_id, order_id, ship_first, worth, price, credit) "
        "SELECT id, order_id, true, 1250, 1250, 1250 FROM returns",
        "UPDATE payments SET method = 'exchange'",
    ],
    "goods given in exchange cost what their returns have given": [
        "UPDATE ledger_entries SET account = 'exchanged_goods' WHERE account = 'revenue'"
    ],
    "inspected units are those that came": [
        _RETURN.format(state="inspected", why=""),
        "UPDATE returns SET inspected_at = '2026-01-20'",
        _LINE.format(received=1, refund=0, units=0),
    ],
    "a return's label is booked at its price, and given back only where it was voided": [*LABELED],
    "returned units are on one vendor return at most, and on one that took them": [
        *INSPECTED,
        "UPDATE return_inspections SET gathered = 1",
    ],
    "a vendor's credit is that of the lines of his return": [
        *CREDITED,
        "UPDATE vendor_returns SET credit = 299",
    ],
}
