import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Refreshable } from 'nestjs-hot-config';
import { LlmConfig } from '../config/llm.config.js';
import type { LlmRequest } from './llm-request.js';
import type { Provider } from './provider.js';

/**
 * A provider behind HTTP, with connections that are kept. When the endpoint changes there is a new one; this one ends
 * when the last request that began with it has ended.
 */
@Injectable()
@Refreshable('llm.endpoint')
export class HttpProvider implements Provider, OnModuleDestroy {
  readonly #agent = new Agent({ keepAlive: true });
  readonly #endpoint: string;

  constructor(llm: LlmConfig) {
    this.#endpoint = llm.endpoint;
  }

  async complete({ model, temperature, prompt, signal }: LlmRequest): Promise<string> {
    const answer = await this.#post(JSON.stringify({ model, temperature, prompt }), signal);
    return (JSON.parse(answer) as { text: string }).text;
  }

  onModuleDestroy(): void {
    this.#agent.destroy();
  }

  #post(body: string, signal: AbortSignal): Promise<string> {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    return new Promise((resolve, reject) => {
      request(this.#endpoint, { method: 'POST', agent: this.#agent, headers, signal })
        .on('response', (response) => resolve(text(response)))
        .on('error', reject)
        .end(body);
    });
  }
}
