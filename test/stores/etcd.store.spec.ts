import { etcdStore } from 'nestjs-hot-config/stores/etcd';
import { fleetStoreChecks, storeChecks } from 'nestjs-hot-config/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Etcd } from '../support/etcd.js';
import { isMissing } from '../support/programs.js';

describe.skipIf(isMissing('etcd'))('etcdStore()', () => {
  let etcd: Etcd;
  beforeAll(async () => {
    etcd = await Etcd.start({}, afterAll);
  });
  const open = () => etcdStore({ urls: [etcd.url], timeout: 3_000 });
  const server = {
    stop: () => etcd.process.kill(),
    start: () => etcd.process.start(),
    freeze: () => etcd.process.freeze(),
    thaw: () => etcd.process.thaw(),
  };

  it.each([...storeChecks(open, { server }), ...fleetStoreChecks(open)])('$name', async ({ run }) => {
    await expect(run()).resolves.toBeUndefined();
  });
});
