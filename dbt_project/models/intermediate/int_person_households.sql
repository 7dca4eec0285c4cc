{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        indexes=[
            {'columns': ['person_id', 'household_id'], 'unique': true},
            {'columns': ['household_id']},
        ]
    )
}}

{% set new_uploads = partial_ref('int_changed_uploads') %}

with

persons as (

    select * from {{ ref('stg_penduduk') }}

),

registers as (

    select listed.*
    from {{ ref('int_registers') }} as listed
    {% if partial() -%}
        inner join {{ new_uploads }} as new_uploads on listed.upload_id = new_uploads.upload_id
        where new_uploads.is_received
    {%- endif %}

),

found as (

    select distinct
        persons.person_id,
        persons.household_id
    from persons
    inner join registers on persons.upload_id = registers.upload_id
    where persons.has_nik

),

final as (

    select
        found.person_id,
        found.household_id
    from found
    {% if partial() -%}
        left join {{ this }} as known
            on
                found.person_id = known.person_id
                and found.household_id = known.household_id
        where known.person_id is null
    {%- endif %}

)

select * from final
