select alias, kind from {{ ref('alias_visitors') }} group by 1, 2 having count(*) > 1
