/** What a thrown value says, for a sentence that tells about it. Never a stack. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
