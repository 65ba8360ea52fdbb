-- Return on advertising spend: what a channel's credited orders brought against what it cost, by month and model.
{{ config(enabled=journey.has_input('spend')) }}
{{ journey.return_on_spend(['channel']) }}
