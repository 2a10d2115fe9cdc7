import { redisStore } from 'nestjs-hot-config/stores/redis';
import { fleetStoreChecks, storeChecks } from 'nestjs-hot-config/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { isMissing } from '../support/programs.js';
import { RedisServer } from '../support/redis-server.js';

describe.skipIf(isMissing('redis-server'))('redisStore()', () => {
  let redis: RedisServer;
  beforeEach(async () => {
    redis = await RedisServer.start();
  });
  const open = () => redisStore({ url: redis.url, timeout: 2_000 });
  const server = {
    stop: () => redis.process.kill(),
    start: () => redis.process.start(),
    freeze: () => redis.process.freeze(),
    thaw: () => redis.process.thaw(),
  };

  it.each([...storeChecks(open, { server }), ...fleetStoreChecks(open)])('$name', async ({ run }) => {
    await expect(run()).resolves.toBeUndefined();
  });
});
