import { memoryStore } from 'nestjs-hot-config/stores/memory';
import { fleetStoreChecks, storeChecks } from 'nestjs-hot-config/testing';
import { describe, it } from 'vitest';

describe('memoryStore()', () => {
  const store = memoryStore();
  const server = { stop: () => store.stop(), start: () => store.start() };
  const checks = [
    ...storeChecks(() => store.connect(), { server }),
    ...fleetStoreChecks(() => store.connect()),
  ];
  for (const { name, run } of checks) it(name, run);
});
