with

changed_listings as (

    select * from {{ ref('int_changed_listings') }}

),

changed_persons as (

    select * from {{ ref('int_changed_persons') }}

),

changed_uploads as (

    select * from {{ ref('int_changed_uploads') }}

),

event_rows as (

    select * from {{ ref('int_changed_event_rows') }}

),

welfare as (

    select * from {{ ref('stg_kesejahteraan') }}

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

families_of_persons as (

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

),

changed as (

    select * from changed_listings

    union all

    select * from families_of_persons

    union all

    select
        household_id,
        from_period
    from event_rows

    union all

    select
        welfare.household_id,
        changed_uploads.period as from_period
    from changed_uploads
    inner join welfare on changed_uploads.upload_id = welfare.upload_id
    where changed_uploads.is_received

),

-- Once a row may differ, every later one of the family may: the month before and earlier counts have a say in it.
final as (

    select
        household_id,
        min(from_period) as from_period
    from changed
    where household_id is not null and from_period is not null
    group by household_id

)

select * from final
