{{
    config(
        materialized='incremental',
        incremental_strategy='replace_changed',
        meta={'scope': 'payments_of_villages'},
        indexes=[
            {'columns': ['village_code', 'programme_key'], 'unique': true},
        ]
    )
}}

with

payments as (

    select * from {{ changed(ref('int_payments'), 'payments_of_villages') }}
    where programme is not null

),

final as (

    select
        village_code,
        upper({{ squeezed('programme') }}) as programme_key,
        min({{ squeezed('programme') }}) as programme
    from payments
    group by village_code, upper({{ squeezed('programme') }})

)

select * from final
