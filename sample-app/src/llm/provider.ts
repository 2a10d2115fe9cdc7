import type { LlmRequest } from './llm-request.js';

/** Something that answers prompts. */
export interface Provider {
  complete(request: LlmRequest): Promise<string>;
}
