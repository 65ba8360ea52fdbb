-- The model itself: each channel's removal effect and credit.
SELECT journey.markov(path, conversions, 0, nulls) FROM paths;
