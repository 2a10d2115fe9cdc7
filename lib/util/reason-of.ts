/** What a thrown value says, for a sentence that tells about it. Never a stack or nothing, and never throws. */
export function reasonOf(thrown: unknown): string {
  try {
    return said(thrown) || 'no reason was given';
  } catch {
    return 'something that cannot be shown as text was thrown';
  }
}

function said(thrown: unknown): string {
  if (typeof thrown !== 'object' || thrown === null) return String(thrown);
  // A refused connection is an AggregateError without a message, and with a code.
  const { message, code, name } = thrown as Partial<NodeJS.ErrnoException>;
  const reason = message || code || name;
  return typeof reason === 'string' ? reason : '';
}
