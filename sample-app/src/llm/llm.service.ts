import { GatewayTimeoutException, Injectable, Logger } from '@nestjs/common';
import {
  BeforeConfigChange,
  type BeforeConfigChangeEvent,
  type Change,
  type ConfigChangeEvent,
  HotConfigService,
  OnConfigChange,
} from 'nestjs-hot-config';
import type { AppConfig } from '../config/app.config.js';
import { HttpProvider } from './http.provider.js';
import { LocalProvider } from './local.provider.js';

/** Sends prompts to the configured model. */
@Injectable()
export class LlmService {
  readonly #logger = new Logger(LlmService.name);

  constructor(
    private readonly config: HotConfigService<AppConfig>,
    private readonly local: LocalProvider,
    private readonly http: HttpProvider,
  ) {}

  /** Answers a prompt. `delay`: response time of the provider, in ms. */
  async complete(prompt: string, delay: number): Promise<string> {
    const { provider, model, temperature, max_retries, timeout_seconds, api_key } = this.config.get('llm');
    const request = { model, temperature, prompt, delay, tools: this.#enabledTools(), apiKey: api_key };
    const signal = AbortSignal.timeout(timeout_seconds * 1000);
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await this[provider].complete({ ...request, signal });
      } catch (error) {
        if (signal.aborted) throw new GatewayTimeoutException(`${model} took more than ${timeout_seconds} s`);
        if (attempt >= max_retries) throw error;
      }
    }
  }

  /** The schema checks types and ranges; only the provider knows its models and its endpoint. */
  @BeforeConfigChange(['llm.provider', 'llm.model', 'llm.endpoint'])
  checkModel({ candidate }: BeforeConfigChangeEvent<AppConfig>): void {
    const { provider, model, endpoint } = candidate.value.llm;
    const { models } = this.local;
    if (provider === 'local' && !models.includes(model))
      throw new Error(`unknown model "${model}": use ${models.join(' or ')}`);
    if (provider === 'http' && endpoint.startsWith('local:'))
      throw new Error('the provider http needs an endpoint that starts with http:// or https://');
  }

  @OnConfigChange('llm.*')
  logChanges({ changes, current }: ConfigChangeEvent<AppConfig>): void {
    for (const change of changes) {
      // The JSON of a change redacts secrets.
      const { path, previous, current: now } = JSON.parse(JSON.stringify(change)) as Change;
      this.#logger.log(`${path}: ${String(previous)} → ${String(now)}, since version ${current.version}`);
    }
  }

  #enabledTools(): string[] {
    return Object.entries(this.config.get('toolsets'))
      .filter(([, toolset]) => toolset.enabled)
      .map(([name]) => name);
  }
}
