import { expect, test } from 'vitest';
import { type BriefInput, writeBrief } from '../../daemon/core/brief.ts';

const INPUT: BriefInput = {
  title: 't',
  prompt: 'p',
  fence: 'f',
  checks: [],
  hasMigrate: false,
  screenshots: [],
  resumed: false,
  safeMode: false,
  constraints: true,
  files: [],
};

test('the agent is told where the app is, what is installed, and what it cannot change', () => {
  const brief = writeBrief({ ...INPUT, place: { folder: 'apps/web', made: ['node_modules'], submodules: ['libs/ui'] } });
  expect(brief).toContain('The app is in /app/apps/web');
  expect(brief).toContain('Installed and not part of your change: node_modules.');
  expect(brief).toContain('can be read and not changed: libs/ui.');
});

test('where there is nothing to tell, nothing is told', () => {
  expect(writeBrief({ ...INPUT, place: { folder: '.', made: [], submodules: [] } })).toBe(writeBrief(INPUT));
});

test('the rules of the project are told outermost first, bounded, and only where it has some', () => {
  const rules = [
    { path: 'AGENTS.md', text: 'Tabs, never spaces.\n' },
    { path: 'apps/web/AGENTS.md', text: 'x'.repeat(40_000) },
  ];
  const brief = writeBrief({ ...INPUT, rules });
  expect(brief).toContain('# Project rules\nFrom AGENTS.md:\nTabs, never spaces.\n\nFrom apps/web/AGENTS.md:\n');
  expect(brief).toMatch(/\(\d+ characters were cut\.\)/);
  expect(brief.length).toBeLessThan(writeBrief(INPUT).length + 33_000);
  expect(writeBrief({ ...INPUT, rules: [] })).toBe(writeBrief(INPUT));
});
