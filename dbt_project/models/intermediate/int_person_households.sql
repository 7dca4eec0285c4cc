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

    select * from {{ ref('int_registers') }}
    {% if partial() -%}
        where upload_id in (select upload_id from {{ new_uploads }} where is_received)
    {%- endif %}

),

listed as (

    select distinct
        persons.person_id,
        persons.household_id
    from persons
    inner join registers on persons.upload_id = registers.upload_id
    where persons.has_nik

),

final as (

    select
        listed.person_id,
        listed.household_id
    from listed
    {% if partial() -%}
        left join {{ this }} as known
            on
                listed.person_id = known.person_id
                and listed.household_id = known.household_id
        where known.person_id is null
    {%- endif %}

)

select * from final
