import { etcdStore, type EtcdStoreOptions, type StoreListener } from 'nestjs-hot-config/stores/etcd';
import { describe, expect, it, onTestFinished } from 'vitest';
import { makeCertificates } from '../support/certificates.js';
import { Etcd } from '../support/etcd.js';
import { isMissing } from '../support/programs.js';
import { TempFolder } from '../support/temp-folder.js';
import { until } from '../support/until.js';

const SECRET = 'password-that-nobody-prints';

function open(options: EtcdStoreOptions) {
  const store = etcdStore({ timeout: 2_000, ...options });
  onTestFinished(() => store.close());
  return store;
}

function record() {
  const events: string[] = [];
  const listener: StoreListener = {
    changed: (key) => events.push(`changed ${key}`),
    lost: ({ failure }) => events.push(`lost: ${failure}`),
    restored: () => events.push('restored'),
  };
  return { events, listener };
}

/** Starts etcd with the user `app`, who may read and write below `hot-config/`. */
async function startWithUsers(...args: string[]) {
  const etcd = await Etcd.start({ args });
  const folder = new TempFolder();
  const password = { file: folder.write('password', `${SECRET}\n`) };
  const root = (...command: string[]) => etcd.ctl('--user', 'root:root', ...command);
  await etcd.ctl('user', 'add', 'root:root');
  await etcd.ctl('user', 'grant-role', 'root', 'root');
  await etcd.ctl('role', 'add', 'app');
  await etcd.ctl('role', 'grant-permission', 'app', '--prefix=true', 'readwrite', 'hot-config/');
  await etcd.ctl('user', 'add', `app:${SECRET}`);
  await etcd.ctl('user', 'grant-role', 'app', 'app');
  await etcd.ctl('auth', 'enable');
  return { etcd, folder, password, root, options: { urls: [etcd.url], username: 'app', password } };
}

describe.skipIf(isMissing('etcd', 'etcdctl'))('A store in etcd with users', () => {
  it('does what the role of its user permits, and nothing else', async () => {
    const { options } = await startWithUsers('--bcrypt-cost=4');
    const store = open(options);
    await expect(store.put('key', 'a')).resolves.toMatchObject({ outcome: 'done' });
    await expect(store.get('key')).resolves.toMatchObject({ value: 'a' });
    await expect(store.list('')).resolves.toMatchObject({ more: false });
    const session = await store.session(5_000);
    await store.put('mine', 'a', { session });
    await session.close();
    await expect(store.get('mine')).resolves.toBeUndefined();

    const other = open({ ...options, prefix: 'other/' });
    await expect(other.get('key')).rejects.toMatchObject({ failure: 'denied' });
    await expect(other.put('key', 'a')).rejects.toMatchObject({ failure: 'denied' });
    const { events, listener } = record();
    other.watch('', listener);
    await until('the watch is refused', () => events.length > 0);
    expect(events).toEqual(['lost: denied']);
  });

  it('asks for another token when its own has expired, for calls and for the watch', async () => {
    const { options, root } = await startWithUsers('--bcrypt-cost=4', '--auth-token-ttl=1');
    const stores = [open(options), open(options)] as const;
    for (const store of stores) await store.put('key', 'a');
    // Tokens live this long. Only the time that passes can end them: each use makes their life longer.
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    await expect(stores[0].get('key')).resolves.toMatchObject({ value: 'a' });
    const { events, listener } = record();
    stores[1].watch('key', listener);
    await until('the watch hears of a write', async () => {
      await root('put', 'hot-config/key', 'b');
      return events.length > 0;
    });
    expect([...new Set(events)]).toEqual(['changed key']);
  });

  it('says that the server requires a user', async () => {
    const { etcd } = await startWithUsers('--bcrypt-cost=4');
    await expect(open({ urls: [etcd.url] }).get('key')).rejects.toMatchObject({
      failure: 'denied',
      summary: expect.stringContaining('set "username" and "password"'),
    });
  });

  it('uses the password that is in the file now, and does not show it', async () => {
    const { etcd, options, folder, root } = await startWithUsers('--bcrypt-cost=4');
    const store = open(options);
    await store.put('key', 'a');
    await root('user', 'delete', 'app');
    await root('user', 'add', 'app:the-next-one');
    await root('user', 'grant-role', 'app', 'app');
    const error: unknown = await store.get('key').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      failure: 'denied',
      summary: `etcd 127.0.0.1:${etcd.port} does not accept the user name and the password: correct them`,
    });
    expect(JSON.stringify([String(error), error])).not.toContain(SECRET);
    folder.replace('password', 'the-next-one');
    await expect(store.get('key')).resolves.toMatchObject({ value: 'a' });
  });

  it('works while authentication is off, and when it is switched on', async () => {
    const { etcd, options, root } = await startWithUsers('--bcrypt-cost=4');
    await root('auth', 'disable');
    const store = open(options);
    await expect(store.put('key', 'a')).resolves.toMatchObject({ outcome: 'done' });
    await etcd.ctl('auth', 'enable');
    await expect(store.put('key', 'b')).resolves.toMatchObject({ outcome: 'done' });
  });
});

describe.skipIf(isMissing('etcd', 'openssl'))('A store in etcd with TLS', () => {
  function secured() {
    const folder = new TempFolder();
    const files = makeCertificates(folder);
    const args = (server: { cert: string; key: string }) => [
      `--cert-file=${server.cert}`,
      `--key-file=${server.key}`,
    ];
    return { files, args };
  }

  it('trusts the authority that it is given, and no other one', async () => {
    const { files, args } = secured();
    const { url } = await Etcd.start({ scheme: 'https', args: args(files.server) });
    const store = open({ urls: [url], tls: { ca: files.ca } });
    await expect(store.put('key', 'a')).resolves.toMatchObject({ outcome: 'done' });
    const { events, listener } = record();
    store.watch('key', listener);
    await until('the watch hears of a write', async () => {
      await store.put('key', 'b');
      return events.length > 0;
    });
    for (const tls of [{ ca: files.otherCa }, {}]) {
      const other = open({ urls: [url], tls });
      await expect(other.put('key', 'a')).rejects.toMatchObject({
        failure: 'unreachable',
        summary: expect.stringContaining('a certificate of an unknown authority: set tls.ca'),
      });
    }
  });

  it('refuses a server whose certificate has another name', async () => {
    const { files, args } = secured();
    const { url } = await Etcd.start({ scheme: 'https', args: args(files.misnamed) });
    const store = open({ urls: [url], tls: { ca: files.ca } });
    await expect(store.get('key')).rejects.toMatchObject({
      summary: expect.stringContaining('a certificate for another name'),
    });
    const named = open({ urls: [url], tls: { ca: files.ca, servername: 'other.example' } });
    await expect(named.get('key')).resolves.toBeUndefined();
  });

  it('shows its certificate to a server that requires one', async () => {
    const { files, args } = secured();
    const { url } = await Etcd.start({
      scheme: 'https',
      args: [...args(files.server), '--client-cert-auth', `--trusted-ca-file=${files.ca}`],
    });
    const store = open({ urls: [url], tls: { ca: files.ca, ...files.client } });
    await expect(store.put('key', 'a')).resolves.toMatchObject({ outcome: 'done' });
    const stranger = open({ urls: [url], tls: { ca: files.ca } });
    await expect(stranger.get('key')).rejects.toMatchObject({
      // With TLS 1.3, the client may be told, or only see that the connection ends.
      failure: 'unreachable',
      summary: expect.stringMatching(/requires one: set tls\.cert and tls\.key|has closed the connection/),
    });
  });
});
