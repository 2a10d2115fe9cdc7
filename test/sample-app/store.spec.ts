import { redisStore } from 'nestjs-hot-config/stores/redis';
import { expect, it, onTestFinished } from 'vitest';
import { isMissing } from '../support/programs.js';
import { RedisServer } from '../support/redis-server.js';
import { until } from '../support/until.js';
import { Gateway } from './gateway.js';

it.skipIf(isMissing('redis-server', 'redis-cli'))(
  'The sample gateway moves its configuration into a store, and follows it there',
  async () => {
    const server = await RedisServer.start();
    const store = redisStore({ url: server.url });
    process.argv.push('--store', server.url);
    onTestFinished(async () => {
      process.argv.splice(-2);
      await store.close();
    });
    const gateway = await Gateway.start();
    expect((await gateway.complete('Hello')).finished).toMatchObject({ model: 'local-small' });

    const { value } = (await store.get('llm.yaml'))!;
    expect(await store.put('llm.yaml', value.replace(/model: .*/, 'model: local-large'))).toMatchObject({
      outcome: 'done',
    });
    await until('the change is applied', async () => {
      const { finished } = await gateway.complete('Hello');
      return finished.model === 'local-large';
    });

    await server.process.kill();
    await until('both sources are stale', async () =>
      (await gateway.status()).sources.every(({ health }) => health === 'stale'),
    );
    expect((await gateway.complete('Hello')).finished).toMatchObject({ model: 'local-large' });
    expect((await gateway.get('/health')).status).toBe(200);
  },
  // The import of the app takes 11 s of CPU time, and a busy machine can be ten times slower.
  120_000,
);
