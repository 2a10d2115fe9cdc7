import { LONGEST_VALUE } from '../contract/check-key.js';
import type { TableNames } from './postgres-schema.js';

/** Longest value that the watch fetches with its key, in bytes: each process does, while it may need another key only. */
const LONGEST_MESSAGE = 4 * 1024;

/** Maximum number of changes that one look of the watch fetches. */
export const MAX_CHANGES = 500;

/** The statements of a store. Time is that of the server only. */
export type PostgresStatements = ReturnType<typeof statementsOf>;

export function statementsOf({ entries, changes, sessions }: TableNames) {
  // A replica may be behind, and so may not be asked; in other encodings, not every character can be kept.
  const server = 'pg_is_in_recovery() AS replica, getdatabaseencoding() AS encoding';
  const hasNotEnded = `(entry.session IS NULL OR EXISTS (
    SELECT FROM ${sessions} AS session WHERE session.id = entry.session AND session.expires > now()))`;

  /** $1: the key; $2: the session, or null. `write` may join `allowed`, which has a row if the session has not ended. */
  const writing = (write: string) => `
    WITH allowed AS (
      SELECT WHERE $2::uuid IS NULL OR EXISTS (SELECT FROM ${sessions} WHERE id = $2::uuid AND expires > now())),
    written AS (${write} RETURNING entry.revision)
    SELECT EXISTS (SELECT FROM allowed) AS allowed, (SELECT revision::text FROM written) AS revision`;
  const insert = `
    INSERT INTO ${entries} AS entry (key, session, value) SELECT $1, $2::uuid, $3 FROM allowed
    ON CONFLICT (key) DO UPDATE SET session = excluded.session, value = excluded.value`;

  return {
    /** $1: the key. */
    get: `
      SELECT ${server}, entry.* FROM (SELECT) AS one LEFT JOIN (
        SELECT key, revision::text, octet_length(value) AS bytes,
          CASE WHEN octet_length(value) <= ${LONGEST_VALUE} THEN value END AS value
        FROM ${entries} AS entry WHERE key = $1 AND ${hasNotEnded}
      ) AS entry ON true`,

    /** $1: the keys. Values beyond the longest one, all together, are left out. */
    getAll: `
      SELECT ${server}, entry.* FROM (SELECT) AS one LEFT JOIN (
        SELECT key, revision::text, octet_length(value) AS bytes,
          CASE WHEN sum(octet_length(value)) OVER (ORDER BY key) <= ${LONGEST_VALUE} THEN value END AS value
        FROM ${entries} AS entry WHERE key = ANY ($1::text[]) AND ${hasNotEnded}
      ) AS entry ON true`,

    /** $1: the prefix; $2: the last key that is not wanted, or null; $3: the maximum number of entries. */
    list: `
      SELECT ${server}, key, revision, bytes,
        CASE WHEN bytes <= ${LONGEST_VALUE} AND total - bytes < ${LONGEST_VALUE} THEN value END AS value
      FROM (SELECT) AS one LEFT JOIN (
        SELECT key, value, revision::text, octet_length(value) AS bytes,
          sum(octet_length(value)) OVER (ORDER BY key) AS total
        FROM (
          SELECT * FROM ${entries} AS entry
          WHERE key ^@ $1 AND key >= $1 AND ($2::text IS NULL OR key > $2) AND ${hasNotEnded}
          ORDER BY key LIMIT $3
        ) AS page
      ) AS entry ON true ORDER BY key`,

    /** $3: the value. */
    put: writing(insert),

    /** $3: the value. A key of a session that has ended does not exist. */
    putIfAbsent: writing(`${insert} WHERE NOT ${hasNotEnded}`),

    /** $3: the value; $4: the revision, which may be any string. */
    putIfRevision: writing(`
      UPDATE ${entries} AS entry SET session = $2::uuid, value = $3 FROM allowed
      WHERE key = $1 AND revision::text = $4 AND ${hasNotEnded}`),

    delete: writing(`DELETE FROM ${entries} AS entry USING allowed WHERE key = $1`),

    /** $3: the revision. */
    deleteIfRevision: writing(`
      DELETE FROM ${entries} AS entry USING allowed WHERE key = $1 AND revision::text = $3 AND ${hasNotEnded}`),

    /** The newest change. */
    newestChange: `
      SELECT pg_is_in_recovery() AS replica, number::text, id
      FROM ${changes} ORDER BY ${changes}.number DESC LIMIT 1`,

    /**
     * $1: the number of the change that is known. It is the first row: if it is another one, or is missing, nobody knows
     * what has changed since, because it is too long ago, or a backup was restored.
     */
    changesSince: `
      SELECT ${server}, change.number::text, change.id, change.key, entry.value, entry.revision::text
      FROM ${changes} AS change LEFT JOIN ${entries} AS entry
        ON entry.key = change.key AND change.number > $1 AND octet_length(entry.value) <= ${LONGEST_MESSAGE}
        AND ${hasNotEnded}
      WHERE change.number >= $1 ORDER BY change.number LIMIT ${MAX_CHANGES + 1}`,

    /** $1: the session; $2: the ttl in ms. */
    openSession: `INSERT INTO ${sessions} (id, expires) VALUES ($1, now() + $2 * interval '1 ms') RETURNING id`,

    /** The same. No row if it has ended. One of all sessions is the first: it cleans up. */
    renewSession: `
      UPDATE ${sessions} SET expires = now() + $2 * interval '1 ms' WHERE id = $1 AND expires > now()
      RETURNING id = (SELECT id FROM ${sessions} WHERE expires > now() ORDER BY id LIMIT 1) AS first`,

    closeSession: `DELETE FROM ${sessions} WHERE id = $1`,

    /** Its keys are deleted too: by the table. */
    deleteEndedSessions: `DELETE FROM ${sessions} WHERE expires <= now()`,
  };
}
