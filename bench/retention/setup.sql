-- In which weeks do visitors return, by the week of their first visit?
\i hits.sql
