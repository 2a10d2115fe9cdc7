import { etcdStore } from 'nestjs-hot-config/stores/etcd';

// A script that closes nothing: it must end when it has nothing more to do.
const store = etcdStore({ urls: [process.env['ETCD_URL']!] });
store.watch('key', { changed: () => undefined, lost: () => undefined, restored: () => undefined });
const session = await store.session(60_000);
await store.put('key', 'a', { session });
console.log((await store.get('key'))?.value);
