import { mkdirSync } from 'node:fs';
import { userInfo } from 'node:os';
import { describe, expect, it } from 'vitest';
import { ClientIdentity } from '../../lib/control/client-identity.js';
import { TempFolder } from '../support/temp-folder.js';

describe('The identity of a client', () => {
  it('is an unknown user if the client does not state a valid name', () => {
    const client = new ClientIdentity({ via: 'http' });
    client.introduce({ user: 7, pid: 'x' });
    expect(client.description).toBe('unknown user (with the token, unverified)');
    client.introduce({ user: '\u001b[2J', pid: 12 });
    expect(client.description).toBe('2J (with the token, unverified), pid 12 (unverified)');
    client.introduce({ user: ' ()' });
    expect(client.actor).toBe('unknown user (with the token, unverified)');
  });

  it.runIf(process.getuid !== undefined)(
    'is the user of its proof file, and another name that it states is unverified',
    () => {
      const { uid, username } = userInfo();
      const introduced = (user: unknown) => {
        const client = new ClientIdentity({ via: 'socket', proof: new TempFolder().write('proof', '') });
        client.introduce({ user, pid: 12 });
        return client.description;
      };
      expect(introduced(username)).toBe(`${username} (uid ${uid}), pid 12 (unverified)`);
      expect(introduced('admin')).toBe(
        `${username} (uid ${uid}), as admin (unverified), pid 12 (unverified)`,
      );
      expect(introduced(7)).toBe(`${username} (uid ${uid}), pid 12 (unverified)`);
    },
  );

  it('is not verified by anything but a file', () => {
    const folder = new TempFolder();
    mkdirSync(folder.file('proof'));
    const client = new ClientIdentity({ via: 'socket', proof: folder.file('proof') });
    client.introduce({ user: 'ann' });
    expect(client.actor).toBe('ann (unverified)');
  });
});
