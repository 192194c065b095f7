-- An account without a probability for one of the questions does not get the label.
with joined as (
    select
        members.label_id,
        members.label_at_least,
        members.is_vote,
        members.member_count,
        members.weight,
        predictions.account_id,
        predictions.prediction_probability,
        predictions.prediction_probability >= members.at_least as is_vote_for
    from {{ source('config', 'ensemble_members') }} as members
    inner join {{ ref('seg_account_predictions') }} as predictions
        on members.prediction_id = predictions.prediction_id
),

counted as (
    select
        label_id,
        account_id,
        max(label_at_least) as label_at_least,
        min(member_count) as member_count,
        count(*) as answer_count,
        sum(weight * prediction_probability) as mean_probability,
        sum(case when is_vote and is_vote_for then 1 else 0 end) as vote_count
    from joined
    group by label_id, account_id
)

select
    label_id,
    account_id
from counted
where
    answer_count = member_count
    and (mean_probability >= label_at_least or 2 * vote_count > member_count)
