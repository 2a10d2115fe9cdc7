import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { text } from 'node:stream/consumers';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Refreshable } from 'nestjs-hot-config';
import { LlmConfig } from '../config/llm.config.js';
import type { LlmRequest } from './llm-request.js';
import type { Provider } from './provider.js';

/**
 * A provider behind HTTP, with persistent connections. A change of the endpoint creates a new instance; the old one is
 * destroyed when its last request has ended.
 */
@Injectable()
@Refreshable('llm.endpoint')
export class HttpProvider implements Provider, OnModuleDestroy {
  readonly #endpoint: string;
  readonly #request: typeof httpRequest;
  readonly #agent: HttpAgent;

  constructor({ endpoint }: LlmConfig) {
    const secure = endpoint.startsWith('https:');
    this.#endpoint = endpoint;
    this.#request = secure ? httpsRequest : httpRequest;
    this.#agent = secure ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });
  }

  async complete({ model, temperature, prompt, apiKey, signal }: LlmRequest): Promise<string> {
    const answer = await this.#post(JSON.stringify({ model, temperature, prompt }), apiKey, signal);
    return (JSON.parse(answer) as { text: string }).text;
  }

  onModuleDestroy(): void {
    this.#agent.destroy();
  }

  #post(body: string, apiKey: string, signal: AbortSignal): Promise<string> {
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      ...(apiKey !== '' && { authorization: `Bearer ${apiKey}` }),
    };
    return new Promise((resolve, reject) => {
      this.#request(this.#endpoint, { method: 'POST', agent: this.#agent, headers, signal })
        .on('response', (response) => {
          // Always read: a connection is free for the next request only when its response has been read.
          const answer = text(response);
          if (response.statusCode === 200) resolve(answer);
          else answer.then(() => reject(new Error(`The provider answered ${response.statusCode}`)), reject);
        })
        .on('error', reject)
        .end(body);
    });
  }
}
