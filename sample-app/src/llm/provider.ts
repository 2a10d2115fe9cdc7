import type { LlmRequest } from './llm-request.js';

/** Answers prompts. */
export interface Provider {
  complete(request: LlmRequest): Promise<string>;
}
