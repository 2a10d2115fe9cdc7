import { postgresStore } from 'nestjs-hot-config/stores/postgres';

// Watches a store, has a session in it, and ends: nothing must keep the process alive.

const store = postgresStore({ url: process.env['DATABASE']!, interval: 100 });
await store.session(60_000);
await new Promise<void>((resolve, reject) => {
  store.watch('', { changed: () => resolve(), lost: reject, restored: () => undefined });
  const write = async () => {
    for (let index = 0; index < 20; index += 1) {
      await store.put('child', `value ${index}`);
      await new Promise((next) => setTimeout(next, 50));
    }
  };
  write().catch(reject);
});
console.log('watches');
