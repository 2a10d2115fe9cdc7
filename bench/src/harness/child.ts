import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A process of its own that answers questions: what it uses is nobody else's. */
export class Child {
  private constructor(
    private readonly process: ChildProcess,
    /** What it said when it was ready. */
    readonly ready: Record<string, number>,
  ) {}

  /** Starts an app of this folder with arguments of its own; resolves when it is ready. */
  static async start(app: string, args: readonly string[], execArgv: readonly string[] = []): Promise<Child> {
    const path = fileURLToPath(new URL(`../apps/${app}.js`, import.meta.url));
    const child = fork(path, args, {
      execArgv: [...execArgv],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const [ready] = (await Promise.race([once(child, 'message'), failure(child, app)])) as [
      Record<string, number>,
    ];
    return new Child(child, ready);
  }

  async ask(question: string): Promise<Record<string, number>> {
    const answered = once(this.process, 'message');
    this.process.send(question);
    const [answer] = (await Promise.race([answered, failure(this.process, question)])) as [
      Record<string, number>,
    ];
    return answer;
  }

  async stop(): Promise<void> {
    if (this.process.exitCode !== null) return;
    const exited = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await exited;
  }
}

async function failure(child: ChildProcess, what: string): Promise<never> {
  const [code] = (await once(child, 'exit')) as [number | null];
  throw new Error(`${what} ended with code ${code}`);
}
