/** What a thrown value says, for a sentence that tells about it. Never a stack, and never throws: anything is thrown. */
export function reasonOf(thrown: unknown): string {
  try {
    if (!(thrown instanceof Error)) return String(thrown);
    // A refused connection is an AggregateError without a message, and with a code.
    const { message, name } = thrown;
    return String(message || (thrown as NodeJS.ErrnoException).code || name);
  } catch {
    return 'something that cannot be shown as text was thrown';
  }
}
