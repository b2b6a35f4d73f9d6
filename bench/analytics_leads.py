"""A year of made measures, as many as are wanted, written by the database itself: what the analytics are asked of.

Everything follows from the number of a lead by arithmetic that both databases do alike, so that they hold the same.
"""

from sqlalchemy import text

from db.engine import Database

_SERIES = {
    True: "WITH RECURSIVE n(i) AS (SELECT {low} UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {high}) ",
    False: "WITH n(i) AS (SELECT generate_series({low}, {high} - 1)) ",
}
_PIECE = 100_000
_YEAR = 365


async def fill(database: Database, leads: int) -> None:
    """Put in so many leads' measures and their offers', of the year that begins with 2025.

    They lie in the order of their days, as leads do that came one after the other.
    """
    for low in range(0, leads, _PIECE):
        async with database.writing() as session:
            connection = await session.connection()
            for statement in _statements(database.is_sqlite, low, min(low + _PIECE, leads), leads):
                await connection.execute(text(statement))
    if not database.is_sqlite:
        async with database.writing() as session:  # as autovacuum does within a minute of so many new rows
            await (await session.connection()).execute(text("ANALYZE lead_measure, offer_measure"))


def _statements(sqlite: bool, low: int, high: int, leads: int) -> tuple[str, str]:
    nth = f"(i * {_YEAR} / {leads})"
    day = f"date('2025-01-01', '+' || {nth} || ' days')" if sqlite else f"date '2025-01-01' + {nth}"
    at = (
        f"datetime('2025-01-01', '+' || {nth} || ' days', '+' || (h % 86400) || ' seconds') || '.000000'"
        if sqlite
        else f"timestamptz '2025-01-01T00:00:00Z' + {nth} * interval '1 day' + (h % 86400) * interval '1 second'"
    )
    words = {"day": day, "at": at, "no": "0" if sqlite else "false"}
    made = _SERIES[sqlite].format(low=low, high=high) + _MADE
    for_leads = f"INSERT INTO lead_measure ({_LEAD_COLUMNS}) {made} {_LEADS.format(**words)}"
    for_offers = f"INSERT INTO offer_measure ({_OFFER_COLUMNS}) {made} {_OFFERS.format(**words)}"
    return for_leads, for_offers


_MADE = """, m AS (SELECT i, (i % 1000 * 7919 + i / 1000 * 104729) % 1000003 AS h,
(i % 1300 * 48271 + i / 1300 * 257) % 65537 AS k FROM n),
b AS (SELECT i, h, k, h % 50 AS rep, 60 + h % 180 AS bucket, h % 10 < 8 AS sales, h % 10 < 7 AS taken,
      h % 10 < 6 AS met, k % 200 = 0 AS open FROM m)"""
_LEAD_COLUMNS = """lead_id, day, received_at, hour_of_week, answered_hour, source, type, region, team, rep_id,
promise_rep_id, rule, policy, intent, fit, band, stage, backfill, offers, declines, ran_out, handed, offered_s,
accepted_s, contacted_s, target_s, offered_b, accepted_b, contacted_b, left_b, kept, settled, result, qualified, value,
currency, outcome_id, changed_at"""
_LEADS = """SELECT 'lead-' || i, {day}, {at}, h % 168, CASE WHEN taken AND NOT open THEN (h + 3) % 168 END,
'source-' || (k % 12), 'type-' || (k % 15), 'region-' || (rep % 4), CASE WHEN sales THEN 'team-' || (rep % 8) END,
CASE WHEN sales THEN 'rep-' || rep END, CASE WHEN sales AND NOT open THEN 'rep-' || rep END,
CASE WHEN sales THEN 'rule-' || (k % 20) END, 'policy-' || (h % 6), CASE k % 3 WHEN 0 THEN 'high' WHEN 1 THEN
'medium' ELSE 'low' END, CASE k % 2 WHEN 0 THEN 'strong' ELSE 'weak' END, k % 10 * 10, CASE WHEN NOT sales THEN
'nurturing' WHEN open THEN 'offered' WHEN met THEN 'contacted' ELSE 'closed' END, {no},
CASE WHEN sales THEN 1 + k % 2 ELSE 0 END, 0, k % 2, CASE WHEN k % 7 = 0 THEN 1 ELSE 0 END,
CASE WHEN sales THEN h % 60 END, CASE WHEN taken AND NOT open THEN bucket * 60 END,
CASE WHEN met AND NOT open THEN bucket * 120 END, CASE WHEN sales THEN 900 * (1 + k % 4) + k % 9 * h % 9999 END,
CASE WHEN sales THEN h % 60 END, CASE WHEN taken AND NOT open THEN bucket END,
CASE WHEN met AND NOT open THEN bucket + 30 END, CASE WHEN NOT met AND NOT open THEN bucket + 60 END,
CASE WHEN sales AND NOT open THEN k % 5 > 0 END, NOT (sales AND open), CASE WHEN met THEN CASE h % 3 WHEN 0 THEN 'won'
WHEN 1 THEN 'lost' ELSE 'qualified' END END, met AND h % 3 <> 1, CASE WHEN met AND h % 3 = 0 THEN 1000.0 END,
CASE WHEN met AND h % 3 = 0 THEN CASE k % 3 WHEN 0 THEN 'USD' ELSE 'EUR' END END, 0, {at}
FROM b"""
_OFFER_COLUMNS = """lead_id, offer, day, rep_id, pool, source, type, region, team, rule, policy, intent, fit, band,
backfill, by_hand, accepted_s, accepted_b, contacted, ended, result, qualified"""
_OFFERS = """, o AS (SELECT 1 AS offer UNION ALL SELECT 2)
SELECT 'lead-' || i, offer, {day}, 'rep-' || ((rep + offer) % 50), 'pool-' || (rep % 8), 'source-' || (k % 12),
'type-' || (k % 15), 'region-' || (rep % 4), 'team-' || (rep % 8), 'rule-' || (k % 20), 'policy-' || (h % 6),
'high', 'strong', k % 10 * 10, {no}, k % 7 = 0, CASE WHEN taken THEN bucket * 60 END, CASE WHEN taken THEN bucket END,
met, CASE WHEN offer <= k % 2 THEN 'expired' END, NULL, {no} FROM b, o WHERE sales AND offer <= 1 + k % 2"""
