-- Where no campaign is named, a touch goes on to the referrer, which substring() does not.
SELECT source, medium, campaign, landings FROM result WHERE medium IN ('cpc', 'paid_social', 'email', 'affiliate');
