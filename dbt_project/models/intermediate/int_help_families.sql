{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        meta={'scope': 'household_months'},
        indexes=[
            {'columns': ['household_id', 'period']},
            {'columns': ['help_id', 'period']},
        ]
    )
}}

{% set household_months = keys_of('household_months') %}

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
{% if partial() -%}
    again as (

        select * from {{ household_months }} as again

    ),

    -- What names a family, or a person whom it lists, in a month that is made again.
    help as (

        select
            again.period,
            'payment' as help_type,
            payments.payment_id as help_id,
            payments.household_id,
            payments.person_id
        from again
        inner join payments
            on
                again.household_id = payments.household_id
                and again.period = payments.family_period

        union

        select
            named_persons.period,
            'payment' as help_type,
            payments.payment_id as help_id,
            payments.household_id,
            payments.person_id
        from again
        inner join named_persons
            on
                again.household_id = named_persons.household_id
                and again.period = named_persons.period
        inner join payments
            on
                named_persons.person_id = payments.person_id
                and named_persons.period = payments.family_period

        union

        select
            again.period,
            'activity' as help_type,
            activities.activity_id as help_id,
            activities.household_id,
            activities.person_id
        from again
        inner join months on again.period = months.period
        inner join activities
            on
                again.household_id = activities.household_id
                and activities.started_on between months.window_start and months.month_end

        union

        select
            named_persons.period,
            'activity' as help_type,
            activities.activity_id as help_id,
            activities.household_id,
            activities.person_id
        from again
        inner join named_persons
            on
                again.household_id = named_persons.household_id
                and again.period = named_persons.period
        inner join months on named_persons.period = months.period
        inner join activities
            on
                named_persons.person_id = activities.person_id
                and activities.started_on between months.window_start and months.month_end

    ),
{%- else -%}
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
{%- endif %}

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

    select with_family.*
    from with_family
    {% if partial() -%}
        inner join again
            on
                with_family.period = again.period
                and with_family.household_id = again.household_id
    {%- else -%}
        where with_family.household_id is not null
    {%- endif %}

)

select * from final
