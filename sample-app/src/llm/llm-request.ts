/** What a provider is asked. */
export interface LlmRequest {
  readonly model: string;
  readonly temperature: number;
  readonly prompt: string;
  readonly tools: readonly string[];
  /** How long the provider takes, in ms. */
  readonly delay: number;
  /** For providers that want to know who asks; may be empty. */
  readonly apiKey: string;
  readonly signal: AbortSignal;
}
