/**
 * Runs in the page's own world and is sent there as text: it may use nothing from outside itself.
 * The first time it begins to listen, each time it answers what it has heard. A page may forge any
 * of it. Nothing is changed for the page: its console says what it said before.
 */
export function recordErrors(): string[] {
  const KEY = Symbol.for('codex-builder errors');
  const MAX = 50;
  const page = window as unknown as Record<symbol, string[] | undefined>;
  const heard = page[KEY];
  if (Array.isArray(heard)) return heard.slice(-MAX);
  const lines: string[] = [];
  Object.defineProperty(page, KEY, { value: lines });
  const words = (value: unknown): string => {
    try {
      if (value instanceof Error) return `${value.name}: ${value.message}\n${(value.stack ?? '').split('\n').slice(1, 5).join('\n')}`;
      return typeof value === 'string' ? value : (JSON.stringify(value) ?? `${value}`);
    } catch {
      return '[something that cannot be read]';
    }
  };
  const hear = (kind: string, values: readonly unknown[]) => {
    lines.push(`${kind}: ${values.slice(0, 10).map(words).join(' ')}`.slice(0, 2_000));
    if (lines.length > MAX) lines.shift();
  };
  addEventListener('error', (event) => {
    if (event instanceof ErrorEvent)
      hear('Uncaught', [event.error ?? event.message, event.filename ? `at ${event.filename}:${event.lineno}` : '']);
  });
  addEventListener('unhandledrejection', (event) => hear('Unhandled rejection', [event.reason]));
  const { error } = console;
  console.error = (...values: unknown[]) => {
    hear('console.error', values);
    Reflect.apply(error, console, values);
  };
  return [];
}
