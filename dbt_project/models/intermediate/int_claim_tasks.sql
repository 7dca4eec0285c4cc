{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        meta={'scope': 'household_months'},
        indexes=[
            {'columns': ['household_id', 'period']},
        ]
    )
}}

with

family_claims as (

    select * from {{ changed(ref('int_family_claims')) }}

),

own_claims as (

    select * from {{ changed(ref('int_person_claims')) }}

),

person_claims as (

    select * from {{ ref('int_person_claims') }}

),

-- A village that lists the family as dead or moved away has already said what there was to find out.
living_families as (

    select * from family_claims
    where has_living_member

),

cards as (

    select distinct on (own.period, own.village_code, own.household_id)
        own.period,
        own.village_code,
        own.household_id,
        case when own.is_kept then 'card_kept' else 'card_not_kept' end as cause,
        1 as cause_order,
        other.village_code as other_village_code,
        other.household_id as other_household_id,
        array[own.upload_id, other.upload_id] as upload_ids
    from living_families as own
    inner join living_families as other
        on
            own.period = other.period
            and own.household_id = other.household_id
            and own.village_code <> other.village_code
    -- The village that keeps the card first: it is the one to ask.
    order by own.period, own.village_code, own.household_id, other.is_kept desc, other.village_code

),

persons as (

    select
        own.period,
        own.village_code,
        own.household_id,
        own.person_id,
        case
            when own.is_kept then 'person_kept'
            when own.is_counted_elsewhere then 'person_not_kept'
            else 'person_in_doubt'
        end as cause,
        case
            when own.is_kept then 4
            when own.is_counted_elsewhere then 2
            else 3
        end as cause_order,
        other.is_kept as is_kept_by_other,
        other.village_code as other_village_code,
        other.household_id as other_household_id,
        array[own.upload_id, other.upload_id] as upload_ids
    from own_claims as own
    inner join person_claims as other
        on
            own.period = other.period
            and own.person_id = other.person_id
            and own.household_id <> other.household_id
    where own.is_member and other.is_member

),

persons_of_family as (

    select
        period,
        village_code,
        household_id,
        count(distinct person_id)::integer as persons_claimed
    from persons
    group by period, village_code, household_id

),

claims as (

    select
        period,
        village_code,
        household_id,
        cause,
        cause_order,
        true as is_kept_by_other,
        other_village_code,
        other_household_id,
        upload_ids
    from cards

    union all

    select
        period,
        village_code,
        household_id,
        cause,
        cause_order,
        is_kept_by_other,
        other_village_code,
        other_household_id,
        upload_ids
    from persons

),

-- A family is looked into once: for its card before its persons, and for who is lost before who is kept.
first_cause as (

    select distinct on (period, village_code, household_id) *
    from claims
    order by
        period,
        village_code,
        household_id,
        cause_order,
        is_kept_by_other desc,
        other_village_code,
        other_household_id

),

final as (

    select
        first_cause.period,
        first_cause.village_code,
        first_cause.household_id,
        first_cause.cause,
        first_cause.other_village_code,
        first_cause.other_household_id,
        coalesce(persons_of_family.persons_claimed, 0) as persons_claimed,
        first_cause.upload_ids
    from first_cause
    left join persons_of_family
        on
            first_cause.period = persons_of_family.period
            and first_cause.village_code = persons_of_family.village_code
            and first_cause.household_id = persons_of_family.household_id

)

select * from final
