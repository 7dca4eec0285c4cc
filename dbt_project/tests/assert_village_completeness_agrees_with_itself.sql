-- Of a village's month: sent or missing, never both; late only when sent; the same as the register's own row says. A
-- village is told to have sent its register in one mart and not in the other: compare the conditions of the two for one
-- village.
select
    village.village_code,
    village.period
from {{ ref('rpt_village_completeness_monthly') }} as village
inner join {{ ref('rpt_register_completeness_monthly') }} as register
    on
        village.village_code = register.village_code
        and village.period = register.period
        and register.register = 'penduduk'
where
    village.is_sent = village.is_missing
    or (village.is_late and not village.is_sent)
    or village.is_sent <> (register.status = 'received')
    or village.is_sent <> (village.first_received_at is not null)
    or village.is_sent <> coalesce(village.register_age_months = 0, false)
    or village.first_received_at > village.last_received_at
    or village.last_received_at > village.last_upload_at
    or village.rows_read <> village.rows_accepted + village.rows_quarantined
