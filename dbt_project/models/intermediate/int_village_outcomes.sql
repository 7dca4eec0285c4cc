{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        meta={'scope': 'cohorts'},
        indexes=[
            {'columns': ['village_code', 'cohort', 'programme_kind', 'months_after'], 'unique': true},
        ]
    )
}}

{% set cohorts_again = keys_of('cohorts') %}
{% set outcomes = ['counted', 'not_extreme_poor', 'unknown', 'left'] %}

with

household_status as (

    select * from {{ ref('int_movements') }}

),

later_status as (

    select * from {{ ref('int_movements') }}

),

helped_in_month as (

    select * from {{ ref('int_helped_families') }}

),

helped_families as (

    select * from {{ ref('int_helped_families') }}

),

horizons as (

    select months_after
    from unnest(array[{{ months_of_outcome() }}]) as horizons (months_after)

),

last_month as (

    select max(period) as period from {{ ref('int_months') }}

),

kinds as (

    select programme_kind
    from (values ('blt'), ('pelatihan_keterampilan'), ('bantuan_modal')) as kinds (programme_kind)

),

-- Families of a village that were counted in the month, and all that were helped in it.
families as (

    select distinct
        household_status.village_code,
        household_status.period as cohort,
        household_status.household_id,
        household_status.is_counted
    from household_status
    {% if partial() -%}
        inner join {{ cohorts_again }} as again
            on
                household_status.village_code = again.village_code
                and household_status.period = again.cohort
    {%- endif %}
    left join helped_in_month
        on
            household_status.household_id = helped_in_month.household_id
            and household_status.period = helped_in_month.period
    where household_status.is_counted or helped_in_month.household_id is not null

),

-- How a family was helped in the month, in the eleven before it, and since.
help_around as (

    select
        families.household_id,
        families.cohort,
        helped_families.programme_kind,
        bool_or(helped_families.period = families.cohort) as is_helped,
        bool_or(helped_families.period <= families.cohort) as is_helped_by_then,
        min(helped_families.period) filter (where helped_families.period > families.cohort) as next_helped
    from families
    inner join helped_families
        on
            families.household_id = helped_families.household_id
            and helped_families.period
            between {{ add_months('families.cohort', -11) }}
            and families.cohort + make_interval(months => greatest({{ months_of_outcome() }}))
    group by families.household_id, families.cohort, helped_families.programme_kind

),

looked_at as (

    select
        families.*,
        horizons.months_after,
        (families.cohort + make_interval(months => horizons.months_after))::date as looked_at
    from families
    cross join horizons
    cross join last_month
    where families.cohort + make_interval(months => horizons.months_after) <= last_month.period

),

seen as (

    select
        looked_at.*,
        case
            when later_status.household_id is null or later_status.status = 'left' then 'left'
            when later_status.is_counted then 'counted'
            when later_status.status = 'not_extreme_poor' then 'not_extreme_poor'
            else 'unknown'
        end as outcome
    from looked_at
    left join later_status
        on
            looked_at.household_id = later_status.household_id
            and looked_at.looked_at = later_status.period

),

-- Beside those helped stand families not helped in that way from a year before the month until the outcome is seen.
with_help as (

    select
        seen.*,
        kinds.programme_kind,
        coalesce(help_around.is_helped, false) as is_helped,
        not coalesce(help_around.is_helped_by_then or help_around.next_helped <= seen.looked_at, false) as is_without
    from seen
    cross join kinds
    left join help_around
        on
            seen.household_id = help_around.household_id
            and seen.cohort = help_around.cohort
            and kinds.programme_kind = help_around.programme_kind

),

-- Kinds of help that nobody of the regency received in the month are here too: the report leaves them out.
final as (

    select
        village_code,
        programme_kind,
        cohort,
        months_after,
        looked_at,
        {% for outcome in outcomes -%}
            count(*) filter (where is_counted and is_helped and outcome = '{{ outcome }}') as helped_{{ outcome }},
            count(*) filter (where is_counted and is_without and outcome = '{{ outcome }}') as not_helped_{{ outcome }},
        {% endfor -%}
        count(*) filter (where is_counted and is_helped) as helped,
        count(*) filter (where is_counted and is_without) as not_helped,
        count(*) filter (where is_helped) as families_helped
    from with_help
    group by village_code, programme_kind, cohort, months_after, looked_at

)

select * from final
