import { describe, expect, it } from 'vitest';
import { isMountPoint } from '../../lib/watch/mount-points.js';

const table = async () =>
  [
    '22 1 0:21 / / rw,relatime shared:1 - overlay overlay rw',
    '23 22 0:22 / /proc rw,nosuid shared:2 - proc proc rw',
    '31 22 254:0 /srv/app.yaml /etc/my\\040app/app.yaml rw,relatime - ext4 /dev/vda rw',
    '32 22 254:0 /x /odd\\011tab\\134back rw - ext4 /dev/vda rw',
    '',
  ].join('\n');

describe('A mount point', () => {
  it.each(['/', '/proc', '/etc/my app/app.yaml', '/odd\ttab\\back'])('is recognised: %j', async (path) => {
    expect(await isMountPoint(path, table)).toBe(true);
  });

  it.each(['/etc/my app', '/etc/my\\040app/app.yaml', '/srv/app.yaml', ''])(
    'is not any other path: %j',
    async (path) => {
      expect(await isMountPoint(path, table)).toBe(false);
    },
  );

  it('is never found if the system has no mount table', async () => {
    expect(await isMountPoint('/', () => Promise.reject(new Error('ENOENT')))).toBe(false);
  });

  it.runIf(process.platform === 'linux')('is /proc on Linux', async () => {
    expect(await isMountPoint('/proc')).toBe(true);
  });
});
