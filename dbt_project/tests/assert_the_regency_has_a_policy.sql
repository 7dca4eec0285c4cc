-- The regency of ENTAS_REGENCY needs a poverty line of its own: rows in seeds/policy.csv with the keys line and basis,
-- and a line of that id in seeds/poverty_lines.csv.
with

needed as (

    select unnest(array['line', 'basis']) as key

),

policy as (

    select * from {{ ref('policy') }}
    where regency = '{{ regency() }}'

),

poverty_lines as (

    select * from {{ ref('poverty_lines') }}

)

select needed.key
from needed
left join policy on needed.key = policy.key
left join poverty_lines on policy.key = 'line' and policy.value = poverty_lines.line_id
where policy.key is null or (policy.key = 'line' and poverty_lines.line_id is null)
