import { memoryStore } from 'nestjs-hot-config/stores/memory';
import { fleetStoreChecks, storeChecks } from 'nestjs-hot-config/testing';
import { describe, expect, it } from 'vitest';

describe('memoryStore()', () => {
  const store = memoryStore();
  const server = { stop: () => store.stop(), start: () => store.start() };

  it.each([...storeChecks(() => store.connect(), { server }), ...fleetStoreChecks(() => store.connect())])(
    '$name',
    async ({ run }) => {
      await expect(run()).resolves.toBeUndefined();
    },
  );
});
