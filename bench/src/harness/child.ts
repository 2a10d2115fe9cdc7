import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** A separate process that answers requests, so that its CPU and memory can be measured alone. */
export class Child {
  private constructor(
    private readonly process: ChildProcess,
    private readonly ended: Promise<never>,
    /** The message that it sent when it was ready. */
    readonly ready: Record<string, number>,
  ) {}

  /** Starts an app of the folder `apps`; resolves when it is ready. */
  static async start(app: string, args: readonly string[], execArgv: readonly string[] = []): Promise<Child> {
    const path = fileURLToPath(new URL(`../apps/${app}.js`, import.meta.url));
    const child = fork(path, args, {
      execArgv: [...execArgv],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const ended = endOf(child, app);
    return new Child(child, ended, await Promise.race([messageOf(child), ended]));
  }

  ask(question: string): Promise<Record<string, number>> {
    const answered = messageOf(this.process);
    this.process.send(question);
    return Promise.race([answered, this.ended]);
  }

  async stop(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.ended.catch(() => undefined);
  }
}

function messageOf(child: ChildProcess): Promise<Record<string, number>> {
  return new Promise((resolve) => child.once('message', resolve as (message: unknown) => void));
}

function endOf(child: ChildProcess, app: string): Promise<never> {
  const ended = new Promise<never>((_, reject) =>
    child.once('exit', (code) => reject(new Error(`${app} ended with code ${code}`))),
  );
  ended.catch(() => undefined); // its end is a failure only for a pending request
  return ended;
}
