with caps as (
    select distinct
        engagement_channel,
        cap
    from {{ source('config', 'engagement_points') }}
    where cap is not null
),

summed as (
    select
        account_id,
        engagement_channel,
        sum(counted_points) as counted_points,
        sum(earlier_points) as earlier_points
    from {{ ref('int_engagement__weighed') }}
    where account_id is not null
    group by account_id, engagement_channel
),

-- Points beyond the cap of a channel, as what is taken away: negative or null (BEY-11).
capped as (
    select
        summed.account_id,
        summed.engagement_channel,
        case when summed.counted_points > caps.cap then caps.cap - summed.counted_points end
            as cut_points,
        case when summed.earlier_points > caps.cap then caps.cap - summed.earlier_points end
            as earlier_cut_points
    from summed
    inner join caps on summed.engagement_channel = caps.engagement_channel
)

select * from capped
where cut_points is not null or earlier_cut_points is not null
