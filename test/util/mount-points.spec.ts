import { describe, expect, it, vi } from 'vitest';
import { MountPoints } from '../../lib/util/mount-points.js';

const table = () =>
  [
    '22 1 0:21 / / rw,relatime shared:1 - overlay overlay rw',
    '23 22 0:22 / /proc rw,nosuid shared:2 - proc proc rw',
    '31 22 254:0 /srv/app.yaml /etc/my\\040app/app.yaml rw,relatime - ext4 /dev/vda rw',
    '32 22 254:0 /x /odd\\011tab\\134back rw - ext4 /dev/vda rw',
    '',
  ].join('\n');

describe('A mount point', () => {
  it.each(['/', '/proc', '/etc/my app/app.yaml', '/odd\ttab\\back'])('is recognised: %j', (path) => {
    expect(new MountPoints(table).has(path)).toBe(true);
  });

  it.each(['/etc/my app', '/etc/my\\040app/app.yaml', '/srv/app.yaml', ''])(
    'is not any other path: %j',
    (path) => {
      expect(new MountPoints(table).has(path)).toBe(false);
    },
  );

  it('is never found if the system has no mount table', () => {
    const missing = () => {
      throw new Error('ENOENT');
    };
    expect(new MountPoints(missing).has('/')).toBe(false);
  });

  it('is looked up in a table that is read once, when it is needed', () => {
    const read = vi.fn<() => string>(table);
    const points = new MountPoints(read);
    expect(read).not.toHaveBeenCalled();
    expect([points.has('/'), points.has('/srv'), points.has('/proc')]).toEqual([true, false, true]);
    expect(read).toHaveBeenCalledTimes(1);
  });

  it.runIf(process.platform === 'linux')('is /proc on Linux', () => {
    expect(new MountPoints().has('/proc')).toBe(true);
  });
});
