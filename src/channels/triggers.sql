
-- The rule tables: read again once they have changed; shipped rows stay as they are, since only the users' own are dumped.

DO $$
DECLARE
  rules text;
BEGIN
  FOREACH rules IN ARRAY ARRAY['sources', 'touch_params', 'channel_rules'] LOOP
    EXECUTE pg_catalog.format('CREATE TRIGGER rules_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON journey.%I
      FOR EACH STATEMENT EXECUTE FUNCTION journey.rules_changed()', rules);
    EXECUTE pg_catalog.format('CREATE TRIGGER refuse_shipped_insert BEFORE INSERT ON journey.%I
      FOR EACH ROW WHEN (NEW.shipped) EXECUTE FUNCTION journey.refuse_shipped()', rules);
    EXECUTE pg_catalog.format('CREATE TRIGGER refuse_shipped_update BEFORE UPDATE ON journey.%I
      FOR EACH ROW WHEN (OLD.shipped OR NEW.shipped) EXECUTE FUNCTION journey.refuse_shipped()', rules);
    EXECUTE pg_catalog.format('CREATE TRIGGER refuse_shipped_delete BEFORE DELETE ON journey.%I
      FOR EACH ROW WHEN (OLD.shipped) EXECUTE FUNCTION journey.refuse_shipped()', rules);
    EXECUTE pg_catalog.format('CREATE TRIGGER refuse_shipped_truncate BEFORE TRUNCATE ON journey.%I
      FOR EACH STATEMENT EXECUTE FUNCTION journey.refuse_shipped()', rules);
  END LOOP;
END $$;
