import { describe, expect, it } from 'vitest';
import { formatLocalTime, formatTime, withLocalTimes } from '../../lib/util/format-time.js';

describe('A time', () => {
  const time = new Date('2026-11-21T12:03:04.567Z');

  it('in a message is in UTC, without fractions of a second', () => {
    expect(formatTime(time)).toBe('2026-11-21T12:03:04Z');
    expect(formatTime(time.toISOString())).toBe('2026-11-21T12:03:04Z');
  });

  it('in a message can be shown in the time zone of the reader', () => {
    const message = `rejected since ${formatTime(time)}; down since ${formatTime(new Date(0))}`;
    const [one, two] = [formatLocalTime(time), formatLocalTime(new Date(0))];
    expect(withLocalTimes(message)).toBe(`rejected since ${one}; down since ${two}`);
    expect(one).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:04$/);
  });
});
