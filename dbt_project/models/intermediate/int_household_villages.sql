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

    select listed.*
    from {{ ref('int_register_families') }} as listed
    {% if partial() -%}
        inner join {{ new_uploads }} as new_uploads on listed.upload_id = new_uploads.upload_id
        where new_uploads.is_received
    {%- endif %}

),

found as (

    select distinct
        household_id,
        village_code
    from register_families

),

final as (

    select
        found.household_id,
        found.village_code
    from found
    {% if partial() -%}
        left join {{ this }} as known
            on
                found.household_id = known.household_id
                and found.village_code = known.village_code
        where known.household_id is null
    {%- endif %}

)

select * from final
