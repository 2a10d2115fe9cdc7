import { PGlite } from '@electric-sql/pglite';
import { Logger } from '@nestjs/common';
import pg from 'pg';
import type { Database } from './database.js';

/** Opens the database at `url`, and creates its table. */
export async function openDatabase(url: string): Promise<Database> {
  const database = url.startsWith('memory://') ? embedded() : pooled(url);
  try {
    await database.query('CREATE TABLE IF NOT EXISTS completions (model text, config_version integer)');
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
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
  const pool = new pg.Pool({ connectionString, connectionTimeoutMillis: 5_000 });
  // The server has closed an idle connection; the pool opens another. Without a listener, the error would end the process.
  pool.on('error', ({ message }) => new Logger('Database').warn(`A connection was lost: ${message}`));
  return {
    query: async <Row>(sql: string, parameters: readonly unknown[] = []) =>
      (await pool.query(sql, [...parameters])).rows as Row[],
    close: () => pool.end(),
  };
}
