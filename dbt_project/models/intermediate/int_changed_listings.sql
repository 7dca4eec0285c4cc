with

changed_registers as (

    select * from {{ ref('int_changed_registers') }}

),

register_families as (

    select * from {{ ref('int_register_families') }}

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

-- Families that a changed register lists, or listed.
listed as (

    select
        register_families.household_id,
        min(changed_registers.from_period) as from_period
    from changed_registers
    inner join register_families on changed_registers.upload_id = register_families.upload_id
    group by register_families.household_id

),

-- A person whom another family ever listed as well: that family may win or lose the person.
shared as (

    select distinct
        theirs.person_id,
        listed.household_id,
        theirs.household_id as other_household_id,
        listed.from_period
    from listed
    inner join person_households as mine on listed.household_id = mine.household_id
    inner join person_households as theirs
        on
            mine.person_id = theirs.person_id
            and mine.household_id <> theirs.household_id

),

asked as (

    select
        person_id,
        household_id,
        min(from_period) as from_period
    from (
        select
            person_id,
            household_id,
            from_period
        from shared

        union all

        select
            person_id,
            other_household_id as household_id,
            from_period
        from shared
    ) as either
    group by person_id, household_id

),

-- The months in which a family lists the person, now or when the build before looked.
months_listed as (

    select distinct
        asked.person_id,
        asked.household_id,
        registers_looked_at.period
    from asked
    inner join household_villages on asked.household_id = household_villages.household_id
    inner join registers_looked_at
        on
            household_villages.village_code = registers_looked_at.village_code
            and asked.from_period <= registers_looked_at.period
    inner join persons
        on
            registers_looked_at.upload_id = persons.upload_id
            and asked.household_id = persons.household_id
            and asked.person_id = persons.person_id

),

-- One step is enough: a claim to a person depends on who keeps the families, not on what else becomes of them.
sharing as (

    select
        shared.other_household_id as household_id,
        min(theirs.period) as from_period
    from shared
    inner join months_listed as mine
        on
            shared.person_id = mine.person_id
            and shared.household_id = mine.household_id
            and shared.from_period <= mine.period
    inner join months_listed as theirs
        on
            shared.person_id = theirs.person_id
            and shared.other_household_id = theirs.household_id
            and mine.period = theirs.period
    group by shared.other_household_id

),

final as (

    select
        household_id,
        min(from_period) as from_period
    from (
        select * from listed

        union all

        select * from sharing
    ) as either
    group by household_id

)

select * from final
