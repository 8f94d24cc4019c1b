import { examineApp } from './app.ts';
import type { Examination } from './examination.ts';
import type { Finding } from './finding.ts';
import { examineMachine } from './machine.ts';
import { examineState } from './state.ts';

/** Looks at everything and changes nothing. */
export async function examine(examination: Examination): Promise<readonly Finding[]> {
  return [...(await examineMachine(examination)), ...(await examineState(examination)), ...(await examineApp(examination))];
}
