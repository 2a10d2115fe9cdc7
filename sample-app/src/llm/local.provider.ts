import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { LlmRequest } from './llm-request.js';
import type { Provider } from './provider.js';

/** A provider that needs no network, and always returns the same answer to the same prompt. */
@Injectable()
export class LocalProvider implements Provider {
  readonly models: readonly string[] = ['local-small', 'local-large'];

  async complete({ model, prompt, temperature, tools, delay, signal }: LlmRequest): Promise<string> {
    await sleep(delay, undefined, { signal });
    const words = prompt.trim().split(/\s+/);
    const echo = model === 'local-large' ? words : words.slice(0, 3);
    const means = tools.length > 0 ? `with ${tools.join(' and ')}` : 'without tools';
    return `You said "${echo.join(' ')}". (${model} at temperature ${temperature}, ${means})`;
  }
}
