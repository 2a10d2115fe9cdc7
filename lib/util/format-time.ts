/**
 * Formats a time for a message: `2026-11-21T12:03:04Z`. Always in UTC, as those who read the messages of an app may be in
 * another time zone than the app, or in that of another one.
 */
export function formatTime(time: Date | string): string {
  return `${new Date(time).toISOString().slice(0, -'.000Z'.length)}Z`;
}

/** Formats a time for people, in their own time zone: `2026-11-21 12:03:04`. */
export function formatLocalTime(time: Date | string): string {
  const date = new Date(time);
  const two = (number: number) => String(number).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** Returns a message with the times that `formatTime()` has written in it in the time zone of the reader. */
export function withLocalTimes(message: string): string {
  return message.replaceAll(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, (time) => formatLocalTime(time));
}
