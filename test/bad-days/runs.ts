import { expect } from 'vitest';
import type { RunEvent } from '#shared/run.ts';
import { must } from '../support/daemon-process.ts';
import { addFile, answer, type Step } from '../support/scripted-model.ts';
import type { Met } from './bad-day.ts';
import type { House } from './house.ts';

interface BadRun {
  /** What the model does; the usual change where it is not said. */
  model?: readonly Step[];
  /** Settings on main while it lasts. */
  settings?: Readonly<Record<string, unknown>>;
  /** Settings of the host while it lasts. */
  host?: Readonly<Record<string, string>>;
}

/** Asks for a change that cannot end well, and reads how it ended. */
export function failingRun({ model, settings, host }: BadRun): (house: House) => Promise<Met> {
  return async (house) => {
    await house.settings(settings);
    await house.host(host);
    const run = await house.ask(model ?? house.edit().steps);
    const met = await endOf(house, run.id);
    await house.settings();
    await house.host();
    return met;
  };
}

/** How a run that failed is shown, and what became of its slot. */
async function endOf(house: House, id: string): Promise<Met> {
  const { state, reason } = await house.until(id, 'failed', 'needs_approval', 'merged');
  expect(state).toBe('failed');
  const { events } = await must(house.daemon().client.call('getRunEvents', { params: { id } }));
  await slotIsFree(house, id);
  return {
    reason: reason!.code,
    says: reason!.message
      .replaceAll(house.app.file, '<file>')
      .replaceAll(house.state, '<state>')
      .replace(/'[^']*bin\/codex'/, '<codex>'),
    remedy: reason!.remedy ?? '',
    slot: hadSlot(events) ? 'free again' : 'none was taken',
  };
}

const hadSlot = (events: readonly RunEvent[]) => events.some(({ type }) => type === 'slot.leased');

async function slotIsFree(house: House, id: string): Promise<void> {
  const held = async () => (await must(house.daemon().client.call('listSlots', {}))).slots.filter(({ runId }) => runId === id);
  await expect.poll(held, { timeout: 10_000 }).toEqual([]);
}

/** A flood is cut: what is kept of a log is bounded, and says that something is missing. */
const LOG_BYTES = 20 * 1024 * 1024 + 200;
async function logIsBounded(house: House, id: string, name: string): Promise<string> {
  const { logs } = await must(house.daemon().client.call('getRun', { params: { id } }));
  const log = logs.find((each) => each.name === name)!;
  expect(log.bytes).toBeLessThan(LOG_BYTES);
  const { text } = await must(house.daemon().client.call('getLog', { params: { id, name }, query: { from: log.bytes - 80 } }));
  return text.trim();
}

/** A check floods its log and then fails. */
export async function floodingCheck(house: House): Promise<Met> {
  await house.settings({ checks: [{ name: 'flood', command: 'yes this is a flood | head -c 30000000; exit 1' }] });
  const run = await house.ask(house.edit().steps);
  const met = await endOf(house, run.id);
  const last = await logIsBounded(house, run.id, 'check-flood');
  await house.settings();
  return { ...met, says: `${met.says} ${/\[the log is full: \d+ more bytes were not kept\]/.exec(last)?.[0]?.replace(/\d+/, '<N>')}` };
}

/** An agent's command floods: the run goes on, what is kept is bounded. */
export async function floodingAgent(house: House): Promise<Met> {
  const { steps } = house.edit();
  const flood: Step = { call: { name: 'exec_command', args: { cmd: 'yes this is a flood | head -c 30000000' } } };
  const run = await house.ready([flood, ...steps]);
  const { commands } = await must(house.daemon().client.call('getCommands', { params: { id: run.id } }));
  const flooded = commands.find(({ command }) => command.includes('flood'))!;
  expect(flooded.output!.length).toBeLessThan(20_000);
  const { logs } = await must(house.daemon().client.call('getRun', { params: { id: run.id } }));
  for (const log of logs) expect(log.bytes).toBeLessThan(LOG_BYTES);
  await house.merge(run);
  const cut = /… \d+ bytes left out …/.exec(flooded.output!)?.[0].replace(/\d+/, '<N>') ?? 'nothing says that it was cut';
  return { reason: '', says: `its command's output: ${cut}`, remedy: '', slot: 'free again', merged: true };
}

/** A run waits for something of the host and goes on by itself once it is there. */
export function waitingRun(host: Readonly<Record<string, string>>): (house: House) => Promise<Met> {
  return async (house) => {
    await house.host(host);
    const waiting = await house.waits(await house.ask(house.edit().steps));
    expect(waiting.state).toBe('queued');
    const { events } = await must(house.daemon().client.call('getRunEvents', { params: { id: waiting.id } }));
    expect(hadSlot(events)).toBe(false);
    const { code, message, remedy } = waiting.reason!;
    await house.host();
    await house.merge(await house.until(waiting.id, 'needs_approval'));
    return { reason: code, says: message, remedy: remedy ?? '', slot: 'none was taken', merged: true };
  };
}

export async function secretInTheDiff(house: House): Promise<Met> {
  const run = await house.ready([addFile('keys.txt', `key = AKIA${'ABCDEFGH'.repeat(2)}\n`), answer({ files: ['keys.txt'] })]);
  expect(run.policy?.verdict).toBe('blocked');
  const refused = await house.daemon().client.call('approveRun', { params: { id: run.id }, body: { headCommit: run.headCommit! } });
  if (refused.ok) throw new Error('a secret was approved');
  await must(house.daemon().client.call('rejectRun', { params: { id: run.id }, body: { reason: 'It has a key in it.' } }));
  await house.until(run.id, 'canceled');
  await slotIsFree(house, run.id);
  const [says, remedy] = split(refused.message, /(?<=AWS access key\.) /);
  return { reason: `${refused.status} ${refused.code}`, says, remedy, slot: 'free again' };
}

/** Two changes of the same words; the second to be approved conflicts. */
export async function mergeConflict(house: House): Promise<Met> {
  const [second, first] = [await house.ready(), await house.ready()];
  await house.merge(first);
  return refusedMerge(house, second);
}

/** Two changes that are fine alone and red together. */
export async function gateFails(house: House): Promise<Met> {
  await house.settings({ checks: [{ name: 'not-both', command: '! { test -e one.txt && test -e two.txt; }' }] });
  const one = await house.ready([addFile('one.txt', '1\n'), answer({ files: ['one.txt'] })]);
  const two = await house.ready([addFile('two.txt', '2\n'), answer({ files: ['two.txt'] })]);
  await house.merge(one);
  const met = await refusedMerge(house, two);
  await house.settings();
  return met;
}

/** A release that is never healthy: the old one serves on, main is put back. */
export async function unhealthyRelease(house: House): Promise<Met> {
  const before = await house.production();
  const { steps, words } = house.edit();
  const run = await house.ready(JSON.parse(JSON.stringify(steps).replaceAll(words, 'unhealthy-words')) as Step[]);
  const met = await refusedMerge(house, run);
  expect(await house.production(), 'the old release serves on').toBe(before);
  const [undo, undone] = house.control('log', '-2', '--first-parent', '--format=%T', 'main~1').split('\n');
  expect(undo, 'what is undone was merged').not.toBe(undone);
  expect(house.control('rev-parse', 'main^{tree}'), 'main is as it was').toBe(undone);
  return met;
}

async function refusedMerge(house: House, run: { id: string; headCommit?: string | undefined }): Promise<Met> {
  await must(house.daemon().client.call('approveRun', { params: { id: run.id }, body: { headCommit: run.headCommit! } }));
  return endOf(house, run.id);
}

export function split(text: string, at: RegExp): [string, string] {
  const [first = '', ...rest] = text.split(at);
  return [first, rest.join(' ')];
}
