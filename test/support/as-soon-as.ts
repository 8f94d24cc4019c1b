import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import type { RunState } from '#shared/run.ts';
import type { DaemonProcess } from './daemon-process.ts';

/**
 * Listens to the daemon's own events and acts the moment a run enters the state. Listen first, then name the run: what it
 * did in between is not missed. Answers what the act answered.
 */
export function asSoonAs<T>(
  { control }: Pick<DaemonProcess, 'control'>,
  state: string,
  target: RunState,
  act: (runId: string) => Promise<T>,
): (runId: string) => Promise<T> {
  const token = readFileSync(join(state, 'cli-token'), 'utf8').trim();
  let resolve: (answer: T) => void = () => {};
  let reject: (why: unknown) => void = () => {};
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  const seen: { runId: string; to: string }[] = [];
  let watched: string | undefined;
  let acted = false;
  const look = () => {
    if (acted || watched === undefined || !seen.some(({ runId, to }) => runId === watched && to === target)) return;
    acted = true;
    act(watched).then(resolve, reject);
  };
  const headers = { authorization: `Bearer ${token}`, 'x-codex-builder-protocol': '1' };
  const stream = get(`${control}/api/events`, { headers }, (reply) => {
    let rest = '';
    reply.setEncoding('utf8');
    reply.on('data', (chunk: string) => {
      rest += chunk;
      const lines = rest.split('\n');
      rest = lines.pop()!;
      for (const line of lines) {
        if (!line.startsWith('data:')) continue;
        const notice = JSON.parse(line.slice(5)) as { event?: { runId: string; to: string } };
        if (notice.event !== undefined) seen.push(notice.event);
      }
      look();
    });
    reply.on('error', () => {}); // the act may have been to kill the daemon
  });
  stream.on('error', () => {});
  return async (runId) => {
    watched = runId;
    look();
    const answer = await promise;
    stream.destroy();
    return answer;
  };
}
