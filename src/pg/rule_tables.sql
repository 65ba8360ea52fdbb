-- Triggers for tables of rules that come with rows and that users may add to.

CREATE FUNCTION journey.rules_changed() RETURNS trigger
  LANGUAGE c
  AS 'MODULE_PATHNAME', 'journey_rules_changed';
COMMENT ON FUNCTION journey.rules_changed() IS
  'Statement trigger of rule tables: tells all sessions to read the rules again';

CREATE FUNCTION journey.refuse_shipped() RETURNS trigger
  LANGUAGE c
  AS 'MODULE_PATHNAME', 'journey_refuse_shipped';
COMMENT ON FUNCTION journey.refuse_shipped() IS
  'Trigger of rule tables: an error where a row that comes with the extension is to be made, changed or deleted, since such rows are not dumped. '
  'Its argument, if any, says what to do instead';
