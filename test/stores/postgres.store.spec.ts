import { postgresStore, type PostgresStore } from 'nestjs-hot-config/stores/postgres';
import { fleetStoreChecks, storeChecks } from 'nestjs-hot-config/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PostgresServer, startPostgres } from '../support/postgres.js';
import { isMissing } from '../support/programs.js';

describe.skipIf(isMissing('initdb', 'postgres'))('postgresStore()', () => {
  let postgres: PostgresServer;
  beforeAll(async () => {
    postgres = await startPostgres([], { whenOver: afterAll });
    await open().ensureSchema();
  });

  const open = (options: object = {}): PostgresStore =>
    postgresStore({ url: postgres.url(), interval: 100, timeout: 2_000, ...options });
  const server = {
    stop: () => postgres.kill(),
    start: () => postgres.start(),
    freeze: () => postgres.freeze(),
    thaw: () => postgres.thaw(),
  };

  it.each([...storeChecks(() => open(), { server }), ...fleetStoreChecks(() => open())])(
    '$name',
    { timeout: 60_000 },
    async ({ run }) => {
      await expect(run()).resolves.toBeUndefined();
    },
  );
});
