import tab from '@bomb.sh/tab/commander';
import type { Command } from 'commander';

/** Completion of commands and options for bash, zsh, fish and PowerShell: `hot-config completion bash`. */
export function addCompletion(program: Command): void {
  tab(program, { completionCommandName: 'completion' });
}
