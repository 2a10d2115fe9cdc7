export interface LlmRequest {
  readonly model: string;
  readonly temperature: number;
  readonly prompt: string;
  readonly tools: readonly string[];
  /** Response time of the provider, in ms. */
  readonly delay: number;
  /** For providers that need authentication; may be empty. */
  readonly apiKey: string;
  readonly signal: AbortSignal;
}
