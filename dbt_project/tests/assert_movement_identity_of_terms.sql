-- Within a quarter or semester, too, closing is the opening and what has moved; and a term opens where the one before
-- it closed. A month is lacking in a term or is added twice: look at how rpt_extreme_poverty_by_term finds the first
-- and last month.
with

terms as (

    select
        *,
        lag(closing) over (partition by term_kind, area_level, area_code order by term_start) as closing_before
    from {{ ref('rpt_extreme_poverty_by_term') }}

)

select
    term_kind,
    term_start,
    area_level,
    area_code
from terms
where
    closing <> opening + entered + transferred_in - exited - transferred_out
    or opening <> coalesce(closing_before, 0)
