with

months as (

    select * from {{ ref('int_months') }}

),

payments as (

    select * from {{ ref('int_payments') }}

),

activities as (

    select * from {{ ref('int_activities') }}

),

families_kept as (

    select * from {{ ref('int_families_kept') }}

),

registers_in_force as (

    select * from {{ ref('int_registers_in_force') }}

),

persons as (

    select * from {{ ref('stg_penduduk') }}

),

person_claims as (

    select * from {{ ref('int_person_claims') }}

),

-- A payment is of the month of its date; an activity is looked at in each of twelve months from its beginning.
help as (

    select
        months.period,
        'payment' as help_type,
        payments.payment_id as help_id,
        payments.household_id,
        payments.person_id
    from payments
    inner join months on payments.period = months.period

    union all

    select
        months.period,
        'activity' as help_type,
        activities.activity_id as help_id,
        activities.household_id,
        activities.person_id
    from activities
    inner join months on activities.started_on between months.window_start and months.month_end

),

with_family_of_card as (

    select
        help.period,
        help.help_type,
        help.help_id,
        help.person_id,
        families_kept.household_id,
        families_kept.village_code
    from help
    left join families_kept
        on
            help.period = families_kept.period
            and help.household_id = families_kept.household_id

),

by_card as (

    select * from with_family_of_card
    where household_id is not null

),

without_family as (

    select * from with_family_of_card
    where household_id is null and person_id is not null

),

helped_persons as (

    select distinct person_id from without_family

),

rows_of_persons as (

    select
        registers_in_force.period,
        persons.person_id,
        persons.household_id,
        registers_in_force.village_code,
        persons.upload_id,
        persons.row_position
    from persons
    inner join helped_persons on persons.person_id = helped_persons.person_id
    inner join registers_in_force on persons.upload_id = registers_in_force.upload_id
    where persons.has_nik

),

by_person as (

    select
        without_family.period,
        without_family.help_type,
        without_family.help_id,
        without_family.person_id,
        families_kept.household_id,
        families_kept.village_code
    from without_family
    inner join rows_of_persons
        on
            without_family.period = rows_of_persons.period
            and without_family.person_id = rows_of_persons.person_id
    inner join families_kept
        on
            rows_of_persons.period = families_kept.period
            and rows_of_persons.household_id = families_kept.household_id
            and rows_of_persons.village_code = families_kept.village_code
    left join person_claims
        on
            rows_of_persons.period = person_claims.period
            and rows_of_persons.upload_id = person_claims.upload_id
            and rows_of_persons.row_position = person_claims.row_position
    where coalesce(person_claims.is_kept, true)

),

final as (

    select
        period,
        help_type,
        help_id,
        household_id,
        village_code,
        'card' as found_by
    from by_card

    union all

    select
        period,
        help_type,
        help_id,
        household_id,
        village_code,
        'person' as found_by
    from by_person

)

select * from final
