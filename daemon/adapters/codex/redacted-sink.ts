import { createRedactor } from '../../core/redact.ts';
import type { LogSink } from '../../ports.ts';

/** A sink in front of another that keeps values out of it; `end` hands over what was held back and leaves the other one open. */
export function redactedSink(sink: LogSink, secrets: readonly string[]): Pick<LogSink, 'write'> & { end(): void } {
  const redactor = createRedactor(secrets);
  const decoder = new TextDecoder();
  const pass = (text: string) => {
    if (text !== '') sink.write(text);
  };
  return {
    write: (chunk) => pass(redactor.push(typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true }))),
    end: () => pass(redactor.push(decoder.decode()) + redactor.flush()),
  };
}

/** A text without the values. */
export function redacted(text: string, secrets: readonly string[]): string {
  const redactor = createRedactor(secrets);
  return redactor.push(text) + redactor.flush();
}
