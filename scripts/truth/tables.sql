-- What the generator knows and the pipeline is not told.
CREATE SCHEMA truth;
CREATE TABLE truth.aliases (alias text, is_user boolean, person bigint);
CREATE TABLE truth.sessions (person bigint, started_at timestamptz, ended_at timestamptz, events bigint);
