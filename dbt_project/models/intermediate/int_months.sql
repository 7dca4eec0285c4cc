with

uploads as (

    select * from {{ ref('stg_uploads') }}

),

releases as (

    select * from {{ ref('stg_report_releases') }}

),

-- An as-of build knows only what was known then; the caller names the reported month with `through_period`.
latest_release as (

    select max(period) as period
    from releases
    where {{ 'false' if var('as_of', '') else 'true' }}

),

bounds as (

    select
        min(uploads.period) as first_period,
        greatest(max(uploads.period), max(latest_release.period), {{ through_period() }}) as last_period
    from uploads
    cross join latest_release
    where uploads.is_accepted

),

months as (

    select generate_series(first_period, last_period, interval '1 month')::date as period
    from bounds

),

final as (

    select
        period,
        {{ add_months('period', 1) }} - 1 as month_end,
        {{ add_months('period', -11) }} as window_start
    from months

)

select * from final
