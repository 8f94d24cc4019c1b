import type { LinkState } from '#shared/link.ts';
import type { PairFailure, Words } from './messages.ts';

/** The command that starts a daemon, as its README says it. */
const START_COMMAND = 'npm start';
const CODE_COMMAND = 'scripts/codex-builder pair';

/** What is wrong with a connection and what helps; undefined when nothing is. */
export function linkWords(is: LinkState['is'], address: string): Words | undefined {
  switch (is) {
    case 'ready':
      return undefined;
    case 'connecting':
      return { title: 'Connecting…', text: `Asking the daemon at ${address}.` };
    case 'offline':
      return {
        title: 'The daemon is not running',
        text: `Nothing answers at ${address}. Start it in the folder of your Codex Builder; this goes on by itself.`,
        command: START_COMMAND,
      };
    case 'impostor':
      return {
        title: 'Something else is listening on this port',
        text: `What answers at ${address} could not prove that it is your daemon, so nothing was sent to it. Stop that program and start Codex Builder; this goes on by itself.`,
        command: START_COMMAND,
      };
    case 'unpaired':
      return {
        title: 'The daemon does not know this browser',
        text: `The daemon at ${address} has no such device: it serves another app now, or its state was removed. Pair again with a new code.`,
        command: CODE_COMMAND,
      };
    case 'revoked':
      return {
        title: 'This browser was revoked',
        text: 'An admin took its access away. With a new one-time code it can be paired again.',
        command: CODE_COMMAND,
      };
    case 'version':
      return {
        title: 'The daemon and this extension are from different versions',
        text: 'Build both from the same version: run the command in the folder of your Codex Builder, start the daemon again and reload the extension.',
        command: 'npm run build',
      };
    case 'forbidden':
      return {
        title: 'The daemon refuses this extension',
        text: `The daemon at ${address} runs and turns this extension away: it was revoked, or the daemon’s state was removed. Pair again with a new code.`,
        command: CODE_COMMAND,
      };
  }
}

/** Why pairing failed and what helps. */
export function pairWords(why: PairFailure, address: string, detail?: string): Words {
  switch (why) {
    case 'address':
      return {
        title: 'This is no address of a daemon',
        text: 'Enter what “npm start” printed, for example http://127.0.0.1:4400. A daemon is on this machine; one on another is reached through a tunnel.',
      };
    case 'unreachable':
      return {
        title: 'The daemon did not answer',
        text: `Nothing answers at ${address}. Start the daemon, check the port, then try the code again.`,
        command: START_COMMAND,
      };
    case 'not_a_daemon':
      return {
        title: 'Something else answers there',
        text: `What listens at ${address} is not Codex Builder. Check the port that “npm start” printed.`,
      };
    case 'wrong_code':
      return {
        title: 'The code is not right',
        text: detail ?? 'It is wrong, used or older than five minutes. Make a new one.',
        command: CODE_COMMAND,
      };
    case 'too_many_tries':
      return { title: 'Too many wrong codes', text: detail ?? 'All open codes are void. Make a new one.', command: CODE_COMMAND };
    case 'forbidden':
      return { title: 'The daemon refuses this extension', text: detail ?? `The daemon at ${address} lets no device pair from here.` };
    case 'version':
      return {
        title: 'The daemon and this extension are from different versions',
        text: 'Build both from the same version: run the command in the folder of your Codex Builder, start the daemon again and reload the extension.',
        command: 'npm run build',
      };
    case 'internal':
      return { title: 'The daemon failed', text: detail ?? 'Try again; its log says more.' };
  }
}
