import { ConfigOptionsError } from '../../errors/config.errors.js';

/** Names of the tables of a store, quoted. */
export interface TableNames {
  /** The name in the options, for errors. */
  readonly table: string;
  readonly entries: string;
  readonly changes: string;
  readonly sessions: string;
  /** The function of all triggers. */
  readonly trigger: string;
}

/** Number of changes that are kept for those who look from time to time. */
const KEPT_CHANGES = 10_000;

/** @throws ConfigOptionsError if it is not the name of a table, or is too long for the longer names that begin with it */
export function tableNames(table: string): TableNames {
  if (!/^([a-z_][a-z0-9_]{0,39}[.])?[a-z_][a-z0-9_]{0,39}$/.test(table))
    throw new ConfigOptionsError(
      'The option "table" of postgresStore() must be a name such as "hot_config" or "config.hot_config": lower-case ' +
        'letters, digits and _, at most 40 of them',
    );
  const quoted = (suffix: string) => `"${`${table}${suffix}`.replace('.', '"."')}"`;
  return {
    table,
    entries: quoted(''),
    changes: quoted('_changes'),
    sessions: quoted('_sessions'),
    trigger: quoted('_changed'),
  };
}

/**
 * Returns the SQL that makes the tables of a store, for a migration. It is one statement, which changes nothing if the tables
 * exist, and may run in many processes at once. `ensureSchema()` runs the same.
 *
 * @param table as in the options of `postgresStore()`. Default `hot_config`.
 *
 * @publicApi
 */
export function postgresSchema(table = 'hot_config'): string {
  const { entries, changes, sessions, trigger } = tableNames(table);
  // The lock is of the name, because the table may not exist yet. Writers take it one after the other: so their changes
  // become visible in the order of their numbers, and nobody who looks for later numbers misses one. It is taken before
  // any row is locked, because transactions of many statements would wait for each other otherwise.
  return `DO $schema$ BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('${entries}', 0));
  IF to_regclass('${entries}') IS NOT NULL THEN RETURN; END IF;

  CREATE TABLE ${sessions} (
    id uuid PRIMARY KEY,
    expires timestamptz NOT NULL
  ) WITH (fillfactor = 50);

  CREATE TABLE ${entries} (
    key text COLLATE "C" PRIMARY KEY,
    value text NOT NULL,
    revision uuid NOT NULL,
    session uuid REFERENCES ${sessions} ON DELETE CASCADE
  );
  CREATE INDEX ON ${entries} (session) WHERE session IS NOT NULL;

  CREATE TABLE ${changes} (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    key text NOT NULL
  );
  INSERT INTO ${changes} (key) VALUES ('');

  CREATE FUNCTION ${trigger}() RETURNS trigger LANGUAGE plpgsql
  SET search_path FROM CURRENT SET lock_timeout = '3s' AS $changed$
  DECLARE latest bigint;
  BEGIN
    IF TG_LEVEL = 'STATEMENT' THEN
      PERFORM pg_advisory_xact_lock(hashtextextended('${entries}', 0));
    ELSIF TG_WHEN = 'BEFORE' THEN
      NEW.revision := gen_random_uuid();
      RETURN NEW;
    ELSE
      INSERT INTO ${changes} (key)
        SELECT DISTINCT key FROM unnest(ARRAY[OLD.key, NEW.key]) AS key WHERE key IS NOT NULL;
      SELECT max(number) INTO latest FROM ${changes};
      IF latest % 100 = 0 THEN DELETE FROM ${changes} WHERE number <= latest - ${KEPT_CHANGES}; END IF;
    END IF;
    RETURN NULL;
  END $changed$;

  CREATE TRIGGER one_writer BEFORE INSERT OR UPDATE OR DELETE ON ${entries} EXECUTE FUNCTION ${trigger}();
  CREATE TRIGGER one_writer BEFORE DELETE ON ${sessions} EXECUTE FUNCTION ${trigger}();
  CREATE TRIGGER new_revision BEFORE INSERT OR UPDATE ON ${entries} FOR EACH ROW EXECUTE FUNCTION ${trigger}();
  CREATE TRIGGER noted AFTER INSERT OR UPDATE OR DELETE ON ${entries} FOR EACH ROW EXECUTE FUNCTION ${trigger}();
END $schema$`;
}
