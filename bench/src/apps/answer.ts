/** Answers the requests of the parent process with figures. */
export function answer(
  answers: Readonly<Record<string, () => object | Promise<object>>>,
  ready: object = {},
): void {
  process.on('message', (question: string) => void respond(question));
  process.on('disconnect', () => process.exit());
  process.send!(ready);

  async function respond(question: string): Promise<void> {
    process.send!(await answers[question]!());
  }
}

/** Returns the CPU time of this process in microseconds, and its number of wake-ups if the system reports it. */
export async function usage(): Promise<{ cpuUs: number; wakeups: number }> {
  const { readFile } = await import('node:fs/promises');
  const { user, system } = process.cpuUsage();
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  const wakeups = Number(/^voluntary_ctxt_switches:\s*(\d+)$/m.exec(status)?.[1] ?? Number.NaN);
  return { cpuUs: user + system, wakeups };
}
