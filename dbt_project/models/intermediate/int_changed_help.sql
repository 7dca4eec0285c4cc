with

changed_household_months as (

    select * from {{ ref('int_changed_household_months') }}

),

changed_event_villages as (

    select * from {{ ref('int_changed_event_villages') }}

),

person_households as (

    select * from {{ ref('int_person_households') }}

),

uploads as (

    select * from {{ ref('int_accepted_uploads') }}

),

assistance as (

    select * from {{ ref('stg_bantuan') }}

),

empowerment as (

    select * from {{ ref('stg_pemberdayaan') }}

),

payments as (

    select * from {{ ref('int_payments') }}

),

activities as (

    select * from {{ ref('int_activities') }}

),

-- The persons of the families, in the months in which their help may be another family's.
changed_person_months as (

    select
        person_households.person_id,
        changed_household_months.period
    from changed_household_months
    inner join person_households on changed_household_months.household_id = person_households.household_id

),

-- All that a village ever listed, where a file of it came or went: what counts no more is found nowhere else.
final as (

    select
        'payment' as help_type,
        concat(assistance.upload_id, '-', assistance.row_position) as help_id
    from changed_event_villages
    inner join uploads on changed_event_villages.village_code = uploads.village_code
    inner join assistance on uploads.upload_id = assistance.upload_id
    where changed_event_villages.register = 'bantuan'

    union

    select
        'payment' as help_type,
        payments.payment_id as help_id
    from changed_household_months
    inner join payments
        on
            changed_household_months.household_id = payments.household_id
            and changed_household_months.period = payments.family_period

    union

    select
        'payment' as help_type,
        payments.payment_id as help_id
    from changed_person_months
    inner join payments
        on
            changed_person_months.person_id = payments.person_id
            and changed_person_months.period = payments.family_period

    union

    select
        'activity' as help_type,
        concat(empowerment.upload_id, '-', empowerment.row_position) as help_id
    from changed_event_villages
    inner join uploads on changed_event_villages.village_code = uploads.village_code
    inner join empowerment on uploads.upload_id = empowerment.upload_id
    where changed_event_villages.register = 'pemberdayaan'

    union

    select
        'activity' as help_type,
        activities.activity_id as help_id
    from changed_household_months
    inner join activities
        on
            changed_household_months.household_id = activities.household_id
            and changed_household_months.period = activities.period

    union

    select
        'activity' as help_type,
        activities.activity_id as help_id
    from changed_person_months
    inner join activities
        on
            changed_person_months.person_id = activities.person_id
            and changed_person_months.period = activities.period

)

select * from final
