import type { Client } from '#shared/client.ts';
import { LinkLost } from '#shared/link.ts';
import type { Run } from '#shared/run.ts';

interface Asked {
  door: string;
  request: { params?: Record<string, string>; query?: Record<string, unknown>; body?: unknown; key?: string };
  answer(value: unknown): Promise<void>;
  refuse(status: number, code: string, message?: string): Promise<void>;
  lose(): Promise<void>;
}

/** Lets everything that is ready to run, run. */
export const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A client whose every call waits for the test to answer it. */
export function openFakeClient() {
  const asked: Asked[] = [];
  function call(door: string, request: Asked['request']): Promise<unknown> {
    let resolve!: (value: unknown) => void;
    let reject!: (lost: LinkLost) => void;
    const promise = new Promise((yes, no) => {
      resolve = yes;
      reject = no;
    });
    asked.push({
      door,
      request,
      answer(value) {
        resolve({ ok: true, status: 200, value });
        return settle();
      },
      refuse(status, code, message = code) {
        resolve({ ok: false, status, code, message });
        return settle();
      },
      lose() {
        reject(new LinkLost('lost'));
        return settle();
      },
    });
    return promise;
  }
  return { client: { call } as Client, asked };
}

/** `later` of the stores, run by hand. */
export function openLater() {
  let waiting: (() => void)[] = [];
  return {
    later: (then: () => void) => void waiting.push(then),
    async run() {
      const due = waiting;
      waiting = [];
      for (const then of due) then();
      await settle();
    },
  };
}

export function aRun(number: number, change: Partial<Run> = {}): Run {
  return {
    id: `run_${String(number).padStart(26, '0')}`,
    title: `Run ${number}`,
    prompt: 'Do it',
    author: 'owner',
    state: 'editing',
    priority: 'normal',
    branch: 'codex/run',
    checks: { passed: 0, failed: 0, running: 0, total: 0 },
    usage: { inputTokens: 0, outputTokens: 0 },
    version: 1,
    createdAt: new Date(Date.UTC(2026, 0, 1) + number * 1_000).toISOString(),
    updatedAt: '2026-01-01T00:00:00.000Z',
    ...change,
  };
}
