-- What one side is asked about a card or person listed twice, the other side is asked as well. Where it is not, look at
-- how int_claim_tasks joins the claims of the two.
select
    own.period,
    own.village_code,
    own.household_id,
    own.cause,
    own.other_village_code,
    own.other_household_id
from {{ changed(ref('rpt_verification_worklist')) }} as own
left join {{ ref('rpt_verification_worklist') }} as other
    on
        own.period = other.period
        and own.other_village_code = other.village_code
        and own.other_household_id = other.household_id
        and other.kind = 'duplicate_claimed'
where own.kind = 'duplicate_claimed' and other.household_id is null
