with accounts as (
    select
        account_id,
        merged_into_id,
        created_at
    from {{ ref('stg_crm__accounts') }}
),

-- A merge into an account that never landed is not followed: its deals would vanish with it.
followed_merges as (
    select
        merged.account_id,
        merged.merged_into_id,
        merged.created_at
    from accounts as merged
    where
        merged.merged_into_id is not null
        and merged.merged_into_id in (select landed.account_id from accounts as landed)
),

chains as (
    {{ last_survivors('followed_merges') }}
),

earliest as (
    select
        chains.survivor_id,
        min(followed_merges.created_at) as created_at
    from chains
    inner join followed_merges on chains.account_id = followed_merges.account_id
    group by chains.survivor_id
),

survived as (
    select
        accounts.account_id,
        coalesce(chains.survivor_id, accounts.account_id) as survivor_id,
        chains.account_id is not null as is_merged,
        case
            when accounts.merged_into_id is null or chains.account_id is not null then null
            when followed_merges.account_id is null then 'missing_survivor'
            else 'cycle'
        end as merge_problem,
        case
            when earliest.created_at < accounts.created_at then earliest.created_at
            else accounts.created_at
        end as created_at
    from accounts
    left join followed_merges on accounts.account_id = followed_merges.account_id
    left join chains on accounts.account_id = chains.account_id
    left join earliest on accounts.account_id = earliest.survivor_id
)

select * from survived
