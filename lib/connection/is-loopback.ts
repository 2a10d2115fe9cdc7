import { isIPv4 } from 'node:net';

/** Checks whether a host name or address, as in a URL, is this machine itself, so that nobody else can listen. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[(.*)\]$/, '$1');
  return name === 'localhost' || name === '::1' || (isIPv4(name) && name.startsWith('127.'));
}
