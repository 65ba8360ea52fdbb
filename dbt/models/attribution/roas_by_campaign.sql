-- Return on advertising spend by campaign; spend without a campaign stands against credit without one.
{{ config(enabled=journey.has_input('spend')) }}
{{ journey.return_on_spend(['channel', 'campaign']) }}
