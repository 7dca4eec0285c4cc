{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        indexes=[{'columns': ['household_id', 'village_code'], 'unique': true}]
    )
}}

{% set new_uploads = partial_ref('int_changed_uploads') %}

with

register_families as (

    select * from {{ ref('int_register_families') }}
    {% if partial() -%}
        where upload_id in (select upload_id from {{ new_uploads }} where is_received)
    {%- endif %}

),

listed as (

    select distinct
        household_id,
        village_code
    from register_families

),

final as (

    select
        listed.household_id,
        listed.village_code
    from listed
    {% if partial() -%}
        left join {{ this }} as known
            on
                listed.household_id = known.household_id
                and listed.village_code = known.village_code
        where known.household_id is null
    {%- endif %}

)

select * from final
