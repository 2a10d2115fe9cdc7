import { describe, expect, it } from 'vitest';
import { ClientIdentity } from '../../lib/control/client-identity.js';

describe('The identity of a client', () => {
  it('is what the client states, and is never called more than that', () => {
    const client = new ClientIdentity('socket');
    client.introduce({ user: 'ann', pid: 12 });
    expect(client.actor).toBe('ann (unverified)');
    expect(client.description).toBe('ann (unverified), pid 12 (unverified)');
  });

  it('of the HTTP port says that the client has the token', () => {
    const client = new ClientIdentity('http');
    client.introduce({ user: 'ann' });
    expect(client.actor).toBe('ann (with the token, unverified)');
  });

  it.each([
    7,
    '',
    '   ',
    '\u001b[2J',
    'ann\nroot',
    'root (uid 0)',
    'ann\u202e',
    `x${'y'.repeat(64)}`,
    'y'.repeat(200_000),
    { toString: 'root' },
  ])('is an unknown user if the client states no name of a user: %j', (user) => {
    const client = new ClientIdentity('socket');
    client.introduce({ user: 'ann' });
    client.introduce({ user: typeof user === 'number' ? String.fromCharCode(user) : user, pid: '12' });
    expect(client.description).toBe(
      typeof user === 'object' ? 'ann (unverified)' : 'unknown user (unverified)',
    );
  });

  it.each(['ann', 'Ann Smith', 'ann.smith@example.org', 'ACME\\ann', 'build+1', 'host$', 'Žofie', '山田'])(
    'has the name %s',
    (user) => {
      const client = new ClientIdentity('socket');
      client.introduce({ user });
      expect(client.actor).toBe(`${user} (unverified)`);
    },
  );
});
