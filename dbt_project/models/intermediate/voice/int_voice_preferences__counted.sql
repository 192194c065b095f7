-- Several hits in one response count once (VOC-10, VOC-17, VOC-19).
select
    account_id,
    preference_number,
    count(distinct response_key) as response_count
from {{ ref('int_voice_preferences__said') }}
group by account_id, preference_number
