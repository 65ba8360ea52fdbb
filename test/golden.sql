-- Stored values, byte by byte, and what they must say: what one build has stored, every later one reads, and writes
-- the same. The bytes are put together here by hand, from the formats as src/sessions/rule.cpp and trail.hpp tell them;
-- until 0.1.0 is released one may change in a commit that says so.
\set QUIET on
\pset format unaligned
\pset tuples_only true
SET client_min_messages = warning;
SET search_path = public, journey;
SELECT no_plan();

CREATE TABLE golden (type text, says text, bytes text);
INSERT INTO golden VALUES
('session_rule', '00:30:00',
  '01'                          -- version
  '00'                          -- no flag
  '00d2496b00000000'),          -- timeout: 1,800,000,000 us = 0x6b49d200, the lowest byte first
('session_rule', '00:00:00.000001 inclusive, max_duration 24:00:00, day_boundary UTC',
  '01'                          -- version
  '03'                          -- inclusive (1), max_duration (2)
  '0100000000000000'            -- timeout: 1 us
  '0060d71d14000000'            -- max_duration: 86,400,000,000 us = 0x141dd76000
  '555443'),                    -- day boundary: UTC
('trail', '{"rule": "00:30:00", "sessions": []}',
  '31'                          -- version 1, timeout in minutes (3)
  '03'                          -- times in minutes (3), nothing else
  '1e'                          -- timeout: 30
  '00'),                        -- no session
('trail', '{"rule": "00:30:00", "sessions": [{"started_at": "2000-01-01T00:00:00+00:00", "ended_at": "2000-01-01T00:00:00+00:00", "events": 1}]}',
  '31031e'                      -- as before
  '01'                          -- one session
  '00'                          -- its start: at the epoch
  '00'),                        -- its length
('trail', '{"rule": "00:00:01.500000", "sessions": [{"started_at": "1999-12-31T23:59:59.999+00:00", "ended_at": "2000-01-01T00:00:01.3+00:00", "events": 129}]}',
  '11'                          -- version 1, timeout in milliseconds (1)
  '05'                          -- times in milliseconds (1), some session has more than one event (1, from the third bit on)
  'dc0b'                        -- timeout: 1500 = 11 * 128 + 92
  '01'                          -- one session
  '01'                          -- its start: -1, in zig-zag
  '950a'                        -- its length: 1301 = 10 * 128 + 21
  '8001'),                      -- its events but one: 128
('trail', '{"rule": "01:00:00 inclusive, day_boundary Europe/Berlin", "sessions": ['
  '{"started_at": "2000-01-01T00:00:10+00:00", "ended_at": "2000-01-01T00:00:40+00:00", "events": 4, "conversions": 1, "converted_at": "2000-01-01T00:00:40+00:00", '
  '"pages": 2, "landing_page": "/a", "landing_page_touch": "direct", "exit_page": "/b", "exit_page_at": "2000-01-01T00:00:30+00:00", '
  '"direct_touch": {"touched_at": "2000-01-01T00:00:10+00:00", "source": "(direct)", "medium": "(none)"}, '
  '"non_direct_touch": {"touched_at": "2000-01-01T00:00:20+00:00", "source": "google", "medium": "cpc"}}, '
  '{"started_at": "2000-01-02T00:00:00+00:00", "ended_at": "2000-01-02T00:00:20+00:00", "events": 3, '
  '"pages": 1, "landing_page": "/a", "landing_page_at": "2000-01-02T00:00:05+00:00", "landing_page_touch": "direct", '
  '"exit_page": "/a", "exit_page_at": "2000-01-02T00:00:05+00:00", "exit_page_touch": "direct", '
  '"direct_touch": {"touched_at": "2000-01-02T00:00:05+00:00", "source": "(direct)", "medium": "(none)"}}, '
  '{"started_at": "2000-01-03T00:00:00+00:00", "ended_at": "2000-01-03T00:00:00+00:00", "events": 1, '
  '"non_direct_touch": {"touched_at": "2000-01-03T00:00:00+00:00", "source": "google", "medium": "cpc"}}]}',
  'f1'                          -- version 1, timeout in minutes (3), inclusive, day boundary
  '3e'                          -- times in seconds (2), sessions with several events, touches, pages, conversions
  '3c'                          -- timeout: 60
  '0d4575726f70652f4265726c696e' -- 13 bytes: Europe/Berlin
  '03'                          -- three sessions
  '29'                          -- 41 bytes of dictionary
  '06'                          -- six texts
  '082864697265637429'          -- 1: (direct)
  '06286e6f6e6529'              -- 2: (none)
  '06676f6f676c65'              -- 3: google
  '03637063'                    -- 4: cpc
  '022f61'                      -- 5: /a
  '022f62'                      -- 6: /b
  '02'                          -- two touches
  '030102'                      -- 1, with source and medium: (direct), (none)
  '030304'                      -- 2, likewise: google, cpc
  '14'                          -- first session: starts at 10, in zig-zag
  '1e'                          -- lasts 30
  '03'                          -- events but one
  '05'                          -- 1 + 6 * 0 + 2 * 2: touch 1, direct before one that is not (2), at the start
  '020a'                        -- touch 2, 10 later
  '02'                          -- two events with a page
  '1a'                          -- 6 * 4 + 2 * 1: text 5, of an event with a direct touch (1), at the start
  '230a'                        -- 6 * 5 + 2 * 2 + 1: text 6, of an event without a touch (2), not at the end but 10 before
  '011e'                        -- one conversion, 30 after the start
  'd8a205'                      -- second session: 86360 = (5 * 128 + 34) * 128 + 88 after the end of the first
  '14'                          -- lasts 20
  '02'                          -- events but one
  '0405'                        -- 1 + 6 * 0 + 2 * 1 + 1: touch 1, direct (1), not at the start but 5 later
  '01'                          -- one event with a page
  '1b05'                        -- 6 * 4 + 2 * 1 + 1: text 5, of an event with a direct touch (1), 5 after the start
  '00'                          -- no conversion
  'eca205'                      -- third session: 86380 after the end of the second
  '00'                          -- lasts 0
  '00'                          -- events but one
  '07'                          -- 1 + 6 * 1: touch 2, not direct (0), at the start
  '00'                          -- no page
  '00');                        -- no conversion

CREATE FUNCTION bytes_of(golden) RETURNS bytea LANGUAGE sql AS $$ SELECT decode($1.bytes, 'hex') $$;
CREATE FUNCTION sent(type text, says text) RETURNS bytea LANGUAGE plpgsql AS $$
DECLARE bytes bytea;
BEGIN
  EXECUTE format('SELECT journey.%I(%L::journey.%I)', type || '_send', says, type) INTO bytes;
  RETURN bytes;
END $$;
SELECT is(sent(type, says), bytes_of(golden), type || ' is written: ' || says) FROM golden;

-- In by COPY BINARY, out as text
SELECT current_setting('data_directory') || '/journey_golden.bin' AS file \gset
CREATE FUNCTION said(type text, bytes bytea, file text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  copied oid := lo_from_bytea(0, '\x5047434f50590aff0d0a0000000000000000000001'::bytea || int4send(length(bytes)) || bytes || '\xffff'::bytea);
  said text;
BEGIN
  PERFORM lo_export(copied, file), lo_unlink(copied);
  EXECUTE format('CREATE TEMP TABLE received (value journey.%I) ON COMMIT DROP', type);
  EXECUTE format('COPY received FROM %L (FORMAT binary)', file);
  SELECT value::text INTO said FROM received;
  DROP TABLE received;
  RETURN said;
END $$;
SELECT is(said(type, bytes_of(golden), :'file'), says, type || ' is read: ' || says) FROM golden;
\setenv FILE :file
\! rm -f "$FILE"

SELECT * FROM finish();
