{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        indexes=[{'columns': ['upload_id', 'household_id'], 'unique': true}]
    )
}}

{% set new_uploads = partial_ref('int_changed_uploads') %}

with

persons as (

    select * from {{ ref('stg_penduduk') }}

),

-- Rows of an upload never change, so a register is counted once for all builds.
registers as (

    select listed.*
    from {{ ref('int_registers') }} as listed
    {% if partial() -%}
        inner join {{ new_uploads }} as new_uploads on listed.upload_id = new_uploads.upload_id
        where
            new_uploads.is_received
            and not exists (
                select 1 from {{ this }} as counted
                where counted.upload_id = listed.upload_id
            )
    {%- endif %}

),

final as (

    select
        persons.upload_id,
        registers.village_code,
        persons.household_id,
        count(*)::integer as persons,
        (count(*) filter (where persons.is_member))::integer as members,
        (count(*) filter (where persons.life_status = 2))::integer as dead,
        (count(*) filter (where persons.life_status = 3))::integer as moved_out,
        (count(*) filter (where persons.is_member and persons.schooling = 6))::integer as students_smp,
        (count(*) filter (where persons.is_member and persons.schooling = 7))::integer as students_sma
    from persons
    inner join registers on persons.upload_id = registers.upload_id
    group by persons.upload_id, registers.village_code, persons.household_id

)

select * from final
