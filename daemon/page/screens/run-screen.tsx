import { useEffect, useState } from 'preact/hooks';
import type { RunDetail } from '#shared/api.ts';
import type { ReasonCode } from '#shared/reasons.ts';
import type { Run } from '#shared/run.ts';
import { Eta } from '#shared/ui/eta.tsx';
import { useShortcuts } from '#shared/ui/keyboard.ts';
import { reviseBlock } from '#shared/ui/may-follow.ts';
import { Note } from '#shared/ui/note.tsx';
import { reasonLine, runLine } from '#shared/ui/run-card.tsx';
import { isProposal, isTerminal } from '#shared/ui/run-groups.ts';
import { RunSteps } from '#shared/ui/run-steps.tsx';
import { stateWords } from '#shared/ui/state-words.ts';
import { useSeen } from '#shared/ui/use-seen.ts';
import { Visible, VisibleBlock } from '#shared/ui/visible.tsx';
import { visibleString } from '#shared/ui/visible-text.ts';
import { followLink, goTo } from '../navigation.ts';
import { pathOf, RUN_TABS, type RunTab } from '../route.ts';
import { useFacts } from '../run/act-on-run.ts';
import { BriefTab } from '../run/brief-tab.tsx';
import { ChecksTab } from '../run/checks-tab.tsx';
import { CommandsTab } from '../run/commands-tab.tsx';
import { Decision } from '../run/decision.tsx';
import type { RunForm } from '../run/decision-props.ts';
import { DiffTab } from '../run/diff-tab.tsx';
import { LogTab } from '../run/log-tab.tsx';
import { OverviewTab } from '../run/overview-tab.tsx';
import { Children } from '../run/relatives.tsx';
import { RunHeader } from '../run/run-header.tsx';
import { StandingLine } from '../run/standing.tsx';
import { TimelineTab } from '../run/timeline-tab.tsx';
import { useDoor, useSession } from '../session-context.ts';

const TAB_WORDS: Record<RunTab, string> = {
  overview: 'Overview',
  diff: 'Diff',
  checks: 'Checks',
  commands: 'Commands',
  log: 'Log',
  timeline: 'Timeline',
  brief: 'Brief',
};

function tabCount(run: Run, tab: RunTab): string | undefined {
  if (tab === 'diff' && run.filesChanged) return String(run.filesChanged);
  if (tab === 'checks' && run.checks.total > 0) return `${run.checks.passed}/${run.checks.total}`;
  return undefined;
}

function Prompt({ text }: { text: string }) {
  const long = text.length > 400 || text.split('\n').length > 6;
  const [open, setOpen] = useState(false);
  return (
    <div class="prompt">
      <p class={long && !open ? 'prompt-cut' : ''}>
        <VisibleBlock text={text} />
      </p>
      {long && (
        <button type="button" class="cb-quiet" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? 'Show less' : 'Show all'}
        </button>
      )}
    </div>
  );
}

/** Reasons that do not pass by themselves. */
const NEEDS_HANDS: readonly ReasonCode[] = ['FROZEN', 'MAIN_DIVERGED', 'MAIN_REWRITTEN', 'DISK_LOW', 'APPROVAL_VOID'];

/** Where the evidence for a reason is. */
function tabFor(code: ReasonCode): RunTab | undefined {
  if (/^(CHECK|GATE)_FAILED$/.test(code)) return 'checks';
  if (/^(AGENT_|NO_CHANGES|SETUP_|PREVIEW_|DEPLOY_FAILED|DEPLOY_UNHEALTHY)/.test(code)) return 'log';
  if (/^(SNAPSHOT_|PATH_|MERGE_|SETTINGS_|HOST_|REJECTED)/.test(code)) return 'timeline';
  return undefined;
}

function Situation({ run }: { run: Run }) {
  // What a proposal waits for is said by its decision.
  if (isProposal(run)) return null;
  if (run.reason) {
    const tab = tabFor(run.reason.code);
    const where = tab && { screen: 'run' as const, id: run.id, tab };
    const level = run.state === 'failed' ? 'error' : NEEDS_HANDS.includes(run.reason.code) ? 'warn' : 'info';
    return (
      <Note level={level}>
        <p>
          <strong>
            <Visible text={reasonLine(run.reason)} />
          </strong>
        </p>
        <p class="hint">
          <Eta run={run} />
        </p>
        {run.reason.remedy && (
          <p>
            <Visible text={run.reason.remedy} />{' '}
            {where && (
              <a href={pathOf(where)} onClick={followLink(where)}>
                Open the {TAB_WORDS[where.tab].toLowerCase()}
              </a>
            )}
          </p>
        )}
      </Note>
    );
  }
  if (isTerminal(run.state) || run.state === 'needs_approval') return null;
  return (
    <p class="situation">
      <Visible text={runLine(run) ?? stateWords(run).meaning} /> <Eta run={run} />
    </p>
  );
}

function Tab({ tab, detail, asking, onRevise }: { tab: RunTab; detail: RunDetail; asking: boolean; onRevise: () => void }) {
  switch (tab) {
    case 'overview':
      return <OverviewTab detail={detail} />;
    case 'diff':
      return <DiffTab detail={detail} asking={asking} onRevise={onRevise} />;
    case 'checks':
      return <ChecksTab detail={detail} />;
    case 'commands':
      return <CommandsTab detail={detail} />;
    case 'log':
      return <LogTab detail={detail} />;
    case 'timeline':
      return <TimelineTab runId={detail.run.id} />;
    case 'brief':
      return <BriefTab detail={detail} />;
  }
}

/** Opens the form wherever the page is scrolled to, and puts the cursor in it. */
function askForRevision(open: (form: RunForm) => void): void {
  open('revise');
  requestAnimationFrame(() => document.getElementById('revise-text')?.focus());
}

/** One run: what was asked, where it stands, what can be done, and everything to judge it by. */
export function RunScreen({ id, tab }: { id: string; tab: RunTab }) {
  const { value: detail, problem } = useDoor('getRun', { params: { id } });
  const title = detail?.run.title;
  useEffect(() => {
    if (title) document.title = `${visibleString(title)} · ${stateWords(detail.run).label}`;
  }, [title, detail?.run.state]);
  useShortcuts([
    { key: 'u', words: 'Back to the runs', run: () => goTo({ screen: 'runs' }) },
    ...RUN_TABS.map((to, index) => ({ key: String(index + 1), words: TAB_WORDS[to], run: () => goTo({ screen: 'run', id, tab: to }) })),
  ]);
  if (!detail) {
    return problem ? (
      <div class="empty">
        <h1>{problem.status === 404 ? 'There is no such run' : 'The run cannot be shown'}</h1>
        <p>
          <Visible text={problem.message} />
        </p>
        <a href="/codex" onClick={followLink({ screen: 'runs' })}>
          All runs
        </a>
      </div>
    ) : (
      <p class="empty">Loading the run…</p>
    );
  }
  return <RunPage detail={detail} tab={tab} />;
}

function RunPage({ detail, tab }: { detail: RunDetail; tab: RunTab }) {
  const { run } = detail;
  const { id } = run;
  const { runs } = useSession();
  const facts = useFacts(detail);
  useSeen(run, runs.known(id), facts.connected, (seen) => runs.mark(seen, 'read'));
  const leaveUnread = () => {
    void runs.mark(run, 'unread');
    goTo({ screen: 'runs' });
  };
  useShortcuts([{ key: 'm', words: 'Mark it unread and go back', run: leaveUnread }]);
  const [form, setForm] = useState<RunForm | undefined>();
  return (
    <div class="run-screen">
      <RunHeader run={run} onUnread={leaveUnread} />
      {tab === 'overview' && run.prompt !== run.title && <Prompt text={run.prompt} />}
      <RunSteps run={run} />
      <Situation run={run} />
      {detail.standing && <StandingLine run={run} standing={detail.standing} blocked={reviseBlock(facts)} />}
      <Children runs={detail.children} />
      <Decision detail={detail} facts={facts} brief={tab !== 'overview'} form={form} onForm={setForm} />
      <div class="tabs" role="tablist" aria-label="About this run">
        {RUN_TABS.map((name, index) => {
          const count = tabCount(run, name);
          return (
            <a
              key={name}
              id={`tab-${name}`}
              role="tab"
              href={pathOf({ screen: 'run', id, tab: name })}
              aria-selected={name === tab}
              aria-controls="tab-panel"
              tabIndex={name === tab ? 0 : -1}
              title={`${TAB_WORDS[name]} (${index + 1})`}
              onClick={followLink({ screen: 'run', id, tab: name })}
              onKeyDown={(event) => {
                const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
                const next = RUN_TABS[(index + by + RUN_TABS.length) % RUN_TABS.length]!;
                if (by === 0) return;
                goTo({ screen: 'run', id, tab: next });
                document.getElementById(`tab-${next}`)?.focus();
              }}
            >
              {TAB_WORDS[name]}
              {count && <span class="cb-count">{count}</span>}
            </a>
          );
        })}
      </div>
      <div id="tab-panel" class="panel" role="tabpanel" aria-labelledby={`tab-${tab}`}>
        <Tab tab={tab} detail={detail} asking={form === 'revise'} onRevise={() => askForRevision(setForm)} />
      </div>
    </div>
  );
}
