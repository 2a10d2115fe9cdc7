import { redisStore } from 'nestjs-hot-config/stores/redis';

// Uses a store and does not close it. The process ends by itself, unless something of the store keeps it.
const store = redisStore({ url: process.env['STORE_URL']! });
if (process.env['WATCHES'] !== undefined) {
  // A watch does not keep the process.
  const keeper = setInterval(() => undefined, 60_000);
  await new Promise<void>((resolve) => {
    const heard = (key: string) => {
      console.log(`heard of ${key}`);
      void Promise.resolve(handle.close()).then(resolve);
    };
    const handle = store.watch('', { changed: heard, lost: () => undefined, restored: () => undefined });
  });
  clearInterval(keeper);
}
if (process.env['KEEPS'] !== undefined) {
  store.watch('', { changed: () => undefined, lost: () => undefined, restored: () => undefined });
  await store.session(60_000);
}
const entry = await store.get('app.yaml');
console.log(`read ${entry?.value}`);
setTimeout(() => console.log('kept'), 2_000).unref();
