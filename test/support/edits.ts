import type { GeneratedApp } from './generated-app.ts';
import { answer, patch, run, type Step } from './scripted-model.ts';

/** Script of a model that looks at the app's words and changes them. */
export function changeWords(app: GeneratedApp, from: string, to: string, hold?: string): readonly Step[] {
  const edit = patch(`*** Begin Patch\n*** Update File: ${app.file}\n@@\n-${from}\n+${to}\n*** End Patch\n`);
  return [
    run(`cat ${app.file}`),
    hold === undefined ? edit : [{ hold }, edit],
    answer({ summary: `The words are now ${to}.`, files: [app.file] }),
  ];
}
