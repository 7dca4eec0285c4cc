{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        on_schema_change='fail',
        meta={'scope': 'household_months'},
        indexes=[
            {'columns': ['period', 'area_level', 'area_code', 'cell', 'household_id'], 'primary_key': true},
            {'columns': ['household_id', 'period']},
        ]
    )
}}

with

household_status as (

    select * from {{ changed(ref('fct_household_status_monthly')) }}

),

areas as (

    select * from {{ ref('int_areas') }}

),

moved as (

    select * from household_status
    where movement is not null

),

-- Where the family is now, beside where it was: a transfer shows at levels that hold only one of the two.
placed as (

    select
        areas.area_level,
        areas.area_code as area_now,
        previous_areas.area_code as area_before,
        moved.*
    from moved
    inner join areas on moved.village_code = areas.village_code
    left join areas as previous_areas
        on
            moved.previous_village_code = previous_areas.village_code
            and areas.area_level = previous_areas.area_level

),

in_cells as (

    select
        area_before as area_code,
        'opening' as cell,
        *
    from placed
    where movement <> 'entered'

    union all

    select
        area_now as area_code,
        'entered_' || movement_reason as cell,
        *
    from placed
    where movement = 'entered'

    union all

    select
        area_before as area_code,
        'exited_' || movement_reason as cell,
        *
    from placed
    where movement = 'exited'

    union all

    select
        area_now as area_code,
        'transferred_in' as cell,
        *
    from placed
    where movement = 'transferred' and area_now <> area_before

    union all

    select
        area_before as area_code,
        'transferred_out' as cell,
        *
    from placed
    where movement = 'transferred' and area_now <> area_before

    union all

    select
        area_now as area_code,
        'closing' as cell,
        *
    from placed
    where is_counted

),

final as (

    select
        area_level,
        area_code,
        period,
        cell,
        household_id,
        village_code,
        previous_village_code,
        previous_status,
        status,
        reason,
        members,
        evidence_upload_ids
    from in_cells

)

select * from final
