import { isLoopback } from '../../connection/is-loopback.js';

/** A proxy that an environment variable names. */
export interface Proxy {
  readonly url: URL;
  /** Name of the variable. */
  readonly variable: string;
}

/**
 * Returns the proxy for an address: by HTTPS_PROXY or HTTP_PROXY, else ALL_PROXY, each in lower case too; undefined if there
 * is none, if NO_PROXY names the host, or if the host is this machine.
 *
 * @throws Error if the variable has no address of a proxy
 */
export function proxyFor({ protocol, hostname, port }: URL): Proxy | undefined {
  if (isLoopback(hostname)) return undefined;
  const variable = [`${protocol.slice(0, -1)}_proxy`, 'all_proxy']
    .flatMap((name) => [name, name.toUpperCase()])
    .find((name) => process.env[name]);
  if (variable === undefined || isExempt(hostname, port || (protocol === 'https:' ? '443' : '80')))
    return undefined;
  const address = process.env[variable]!;
  const full = address.includes('://') ? address : `http://${address}`;
  const url = URL.canParse(full) ? new URL(full) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol))
    throw new Error(`cannot be asked: ${variable} is not the address of a proxy with http:// or https://`);
  return { url, variable };
}

/** By the names of NO_PROXY: each is the host itself, or a domain that it is in, with a port or without. `*` is all hosts. */
function isExempt(host: string, port: string): boolean {
  const names = process.env['no_proxy'] || process.env['NO_PROXY'] || '';
  return names.split(/[\s,]+/).some((entry) => {
    const [, name = '', onlyPort = port] = /^(?:\*?\.)?(.*?)(?::(\d+))?$/.exec(entry.toLowerCase()) ?? [];
    return name === '*' || (name !== '' && onlyPort === port && `.${host}`.endsWith(`.${name}`));
  });
}
