import { PGlite } from '@electric-sql/pglite';
import pg from 'pg';
import type { Database } from './database.js';

/** Opens the database at `url`, with its table. */
export async function openDatabase(url: string): Promise<Database> {
  const database = url.startsWith('memory://') ? embedded() : pooled(url);
  await database.query('CREATE TABLE IF NOT EXISTS completions (model text, config_version integer)');
  return database;
}

function embedded(): Database {
  const engine = new PGlite();
  return {
    query: async <Row>(sql: string, parameters: readonly unknown[] = []) =>
      (await engine.query<Row>(sql, [...parameters])).rows,
    close: () => engine.close(),
  };
}

function pooled(connectionString: string): Database {
  const pool = new pg.Pool({ connectionString });
  return {
    query: async <Row>(sql: string, parameters: readonly unknown[] = []) =>
      (await pool.query(sql, [...parameters])).rows as Row[],
    close: () => pool.end(),
  };
}
