import { readFileSync } from 'node:fs';
import { ConfigOptionsError } from 'nestjs-hot-config';
import { describe, expect, it } from 'vitest';
import { checkPeerVersions } from '../../lib/module/peer-versions.js';

const { peerDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  peerDependencies: Readonly<Record<string, string>>;
};

/** Checks an app that has these packages of Nest, and the oldest possible ones otherwise. */
function check(versions: Readonly<Record<string, string>>): void {
  checkPeerVersions((name) => versions[name] ?? /\d[\d.]*/.exec(peerDependencies[name] ?? '')?.[0]);
}

describe('A package of Nest', () => {
  it('is named with the command that updates it, if it is older than the peers in package.json', () => {
    expect(() => check({ '@nestjs/core': '11.0.3' })).toThrow(
      new ConfigOptionsError(
        'nestjs-hot-config needs @nestjs/core 11.1.4 or newer (found 11.0.3); run: npm install @nestjs/core@^11.1.4',
      ),
    );
    expect(() => check({ '@nestjs/common': '10.4.15', '@nestjs/config': '3.3.0' })).toThrow(
      'needs @nestjs/common 11.1.4 or newer (found 10.4.15), @nestjs/config 4.0.1 or newer (found 3.3.0); ' +
        'run: npm install @nestjs/common@^11.1.4 @nestjs/config@^4.0.1',
    );
    expect(() => check({ '@nestjs/platform-express': '11.1.3' })).toThrow('@nestjs/platform-express 11.1.4');
  });

  it('may be the oldest of the peers, newer, or unknown', () => {
    expect(() => check({})).not.toThrow();
    expect(() => check({ '@nestjs/core': '12.0.0', '@nestjs/config': '12.0.1' })).not.toThrow();
    expect(() => check({ '@nestjs/core': '11.10.0', '@nestjs/common': '11.1.4' })).not.toThrow();
    expect(() => checkPeerVersions(() => undefined)).not.toThrow();
  });
});
