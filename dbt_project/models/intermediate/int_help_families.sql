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

named_persons as (

    select * from {{ ref('int_named_persons') }}

),

-- A payment is of the month of its date, or without one looked at in that of its upload; an activity is looked at in
-- each of twelve months from its beginning.
help as (

    select
        months.period,
        'payment' as help_type,
        payments.payment_id as help_id,
        payments.household_id,
        payments.person_id
    from payments
    inner join months on payments.family_period = months.period

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

-- The family of the card if it is listed in the month, else the one that lists the person.
with_family as (

    select
        help.period,
        help.help_type,
        help.help_id,
        coalesce(families_kept.household_id, named_persons.household_id) as household_id,
        coalesce(families_kept.village_code, named_persons.village_code) as village_code,
        case when families_kept.household_id is not null then 'card' else 'person' end as found_by
    from help
    left join families_kept
        on
            help.period = families_kept.period
            and help.household_id = families_kept.household_id
    left join named_persons
        on
            help.period = named_persons.period
            and help.person_id = named_persons.person_id

),

final as (

    select * from with_family
    where household_id is not null

)

select * from final
