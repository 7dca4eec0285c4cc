{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        on_schema_change='fail',
        meta={'scope': 'activities'},
        indexes=[
            {'columns': ['activity_id'], 'primary_key': true},
            {'columns': ['household_id', 'period']},
        ]
    )
}}

with

activities as (

    select * from {{ changed(ref('int_activities'), 'activities') }}

),

help_families as (

    select * from {{ ref('int_help_families') }}

),

final as (

    select
        activities.activity_id,
        coalesce(help_families.household_id, activities.household_id) as household_id,
        activities.person_id,
        activities.kind,
        activities.activity_name,
        activities.provider,
        activities.started_on,
        activities.finished_on,
        activities.outcome,
        activities.amount::numeric as amount,
        activities.period,
        coalesce(help_families.village_code, activities.village_code) as village_code,
        help_families.household_id is not null as is_of_listed_family
    from activities
    left join help_families
        on
            help_families.help_type = 'activity'
            and activities.activity_id = help_families.help_id
            and activities.period = help_families.period

)

select * from final
