with

payments as (

    select * from {{ ref('int_payments') }}

),

activities as (

    select * from {{ ref('int_activities') }}

),

welfare_in_force as (

    select * from {{ ref('int_welfare_in_force') }}

),

registers_in_force as (

    select * from {{ ref('int_registers_in_force') }}

),

persons as (

    select * from {{ ref('stg_penduduk') }}

),

families_kept as (

    select * from {{ ref('int_families_kept') }}

),

person_claims as (

    select * from {{ ref('int_person_claims') }}

),

-- Only persons whom some payment, activity or welfare row without card number names are looked up.
named as (

    select person_id from payments
    where person_id is not null

    union

    select person_id from activities
    where person_id is not null

    union

    select head_person_id as person_id from welfare_in_force
    where head_person_id is not null

),

listed as (

    select
        registers_in_force.period,
        persons.person_id,
        persons.household_id,
        registers_in_force.village_code,
        persons.upload_id,
        persons.row_position
    from named
    inner join persons on named.person_id = persons.person_id
    inner join registers_in_force on persons.upload_id = registers_in_force.upload_id
    where persons.has_nik

),

-- Of the families that list a NIK the one that keeps the person, in the village that keeps the family.
final as (

    select
        listed.period,
        listed.person_id,
        listed.household_id,
        listed.village_code
    from listed
    inner join families_kept
        on
            listed.period = families_kept.period
            and listed.household_id = families_kept.household_id
            and listed.village_code = families_kept.village_code
    left join person_claims
        on
            listed.period = person_claims.period
            and listed.upload_id = person_claims.upload_id
            and listed.row_position = person_claims.row_position
    where coalesce(person_claims.is_kept, true)

)

select * from final
