"""The words of KQL that are neither a column, a table nor a function call."""

# learn.microsoft.com/kusto/query: tabular operators, their parameters, string operators, types and literals.
_WORDS = """
    and or not in has has_any has_all has_cs contains contains_cs startswith startswith_cs endswith endswith_cs
    between matches regex hasprefix hassuffix
    where extend project away rename keep summarize by mv expand join on union distinct count top take limit order sort asc desc nulls first last
    let datatable range from to step print invoke lookup parse with kind inner leftouter rightouter leftanti leftsemi
    fullouter innerunique withsource isfuzzy outer hint as typeof of
    string int long real bool datetime dynamic guid timespan decimal
    true false null
"""

KEYWORDS = frozenset(_WORDS.split())
