with

changed_persons as (

    select * from {{ ref('int_changed_persons') }}

),

person_households as (

    select * from {{ ref('int_person_households') }}

),

household_villages as (

    select * from {{ ref('int_household_villages') }}

),

registers_looked_at as (

    select * from {{ ref('int_registers_looked_at') }}

),

persons as (

    select * from {{ ref('stg_penduduk') }}
    where has_nik

),

final as (

    select
        person_households.household_id,
        min(registers_looked_at.period) as from_period
    from changed_persons
    inner join person_households on changed_persons.person_id = person_households.person_id
    inner join household_villages on person_households.household_id = household_villages.household_id
    inner join registers_looked_at
        on
            household_villages.village_code = registers_looked_at.village_code
            and changed_persons.from_period <= registers_looked_at.period
    inner join persons
        on
            registers_looked_at.upload_id = persons.upload_id
            and person_households.household_id = persons.household_id
            and changed_persons.person_id = persons.person_id
    group by person_households.household_id

)

select * from final
