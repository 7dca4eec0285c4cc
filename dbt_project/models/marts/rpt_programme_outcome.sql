{{
    config(
        indexes=[{'columns': ['area_level', 'area_code', 'programme_kind', 'cohort', 'months_after'], 'primary_key': true}]
    )
}}

with

village_outcomes as (

    select * from {{ ref('int_village_outcomes') }}

),

areas as (

    select * from {{ ref('int_areas') }}
    where area_level <> 'village'

),

-- A cohort is the families counted in a month in which anybody was helped in that way.
months_of_help as (

    select
        programme_kind,
        cohort
    from village_outcomes
    group by programme_kind, cohort
    having sum(families_helped) > 0

),

final as (

    select
        areas.area_level,
        areas.area_code,
        village_outcomes.programme_kind,
        village_outcomes.cohort,
        village_outcomes.months_after,
        village_outcomes.looked_at,
        sum(village_outcomes.helped)::integer as helped,
        sum(village_outcomes.helped_counted)::integer as helped_counted,
        sum(village_outcomes.helped_not_extreme_poor)::integer as helped_not_extreme_poor,
        sum(village_outcomes.helped_unknown)::integer as helped_unknown,
        sum(village_outcomes.helped_left)::integer as helped_left,
        sum(village_outcomes.not_helped)::integer as not_helped,
        sum(village_outcomes.not_helped_counted)::integer as not_helped_counted,
        sum(village_outcomes.not_helped_not_extreme_poor)::integer as not_helped_not_extreme_poor,
        sum(village_outcomes.not_helped_unknown)::integer as not_helped_unknown,
        sum(village_outcomes.not_helped_left)::integer as not_helped_left
    from village_outcomes
    inner join months_of_help
        on
            village_outcomes.programme_kind = months_of_help.programme_kind
            and village_outcomes.cohort = months_of_help.cohort
    inner join areas on village_outcomes.village_code = areas.village_code
    group by
        areas.area_level, areas.area_code, village_outcomes.programme_kind, village_outcomes.cohort,
        village_outcomes.months_after, village_outcomes.looked_at
    having sum(village_outcomes.helped + village_outcomes.not_helped) > 0

)

select * from final
