import { Agent as HttpAgent, type AgentOptions } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { ForwardAgent, TunnelAgent } from './proxy-agents.js';
import type { Proxy } from './proxy.js';

/** An idle connection is kept for the next request. It does not keep the process alive. */
const KEPT: Readonly<AgentOptions> = { keepAlive: true, maxFreeSockets: 1 };

/** The connections of one source. */
export class Agents {
  readonly #agents = new Map<string, HttpAgent | HttpsAgent>();

  for({ protocol }: URL, proxy: Proxy | undefined): HttpAgent | HttpsAgent {
    const key = `${protocol} ${proxy?.url.href ?? ''}`;
    const agent = this.#agents.get(key) ?? createAgent(protocol === 'https:', proxy?.url);
    this.#agents.set(key, agent);
    return agent;
  }

  close(): void {
    for (const agent of this.#agents.values()) agent.destroy();
    this.#agents.clear();
  }
}

function createAgent(isSecure: boolean, proxy: URL | undefined): HttpAgent | HttpsAgent {
  if (proxy === undefined) return isSecure ? new HttpsAgent(KEPT) : new HttpAgent(KEPT);
  return isSecure ? new TunnelAgent(KEPT, proxy) : new ForwardAgent(KEPT, proxy);
}
