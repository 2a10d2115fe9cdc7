import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { importParser } from '../../util/import-optional.js';
import type { Proxy } from './proxy.js';

/** An idle connection is kept for the next request. It does not keep the process alive. */
const KEPT = { keepAlive: true, maxFreeSockets: 1 };

/** The connections of one source. */
export class Agents {
  readonly #agents = new Map<string, HttpAgent | HttpsAgent>();

  /** @throws MissingParserError if the package for proxies is missing */
  async for(url: URL, proxy: Proxy | undefined): Promise<HttpAgent | HttpsAgent> {
    const key = `${url.protocol} ${proxy?.url.href ?? ''}`;
    const agent = this.#agents.get(key) ?? (await createAgent(url, proxy));
    this.#agents.set(key, agent);
    return agent;
  }

  close(): void {
    for (const agent of this.#agents.values()) agent.destroy();
    this.#agents.clear();
  }
}

async function createAgent(url: URL, proxy: Proxy | undefined): Promise<HttpAgent | HttpsAgent> {
  if (proxy === undefined) return url.protocol === 'https:' ? new HttpsAgent(KEPT) : new HttpAgent(KEPT);
  const { ProxyAgent } = await importParser('proxy-agent', () => import('proxy-agent'));
  return new ProxyAgent({ ...KEPT, getProxyForUrl: () => proxy.url.href });
}
