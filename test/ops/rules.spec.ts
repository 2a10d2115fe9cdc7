import { describe, expect, it } from 'vitest';
import { isMissing } from '../support/programs.js';
import { promtool } from '../support/promtool.js';

describe.skipIf(isMissing('promtool'))('The alert rules', () => {
  it('have a valid syntax', () => {
    const { ok, output } = promtool(['check', 'rules', 'ops/prometheus-rules.yaml']);
    expect(output).toContain('SUCCESS');
    expect(ok).toBe(true);
  });

  it('fire as ops/prometheus-rules.test.yaml expects', () => {
    const { ok, output } = promtool(['test', 'rules', 'ops/prometheus-rules.test.yaml']);
    expect(output).toContain('SUCCESS');
    expect(ok).toBe(true);
  });
});
