import { Inject, Injectable } from '@nestjs/common';
import type { Refreshable } from 'nestjs-hot-config';
import { type Database, DATABASE } from './database.js';

/** Records each completion. A request uses the database that it started with, even if the configuration changes. */
@Injectable()
export class AuditService {
  constructor(@Inject(DATABASE) private readonly database: Refreshable<Database>) {}

  async record(model: string, configVersion: number): Promise<void> {
    await this.database.get().query('INSERT INTO completions VALUES ($1, $2)', [model, configVersion]);
  }

  /** Returns the number of completions in the database. */
  async count(): Promise<number> {
    const [row] = await this.database
      .get()
      .query<{ count: number }>('SELECT count(*)::int AS count FROM completions');
    return row?.count ?? 0;
  }
}
