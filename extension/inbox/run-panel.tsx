import { useEffect, useRef, useState } from 'preact/hooks';
import type { RunDetail } from '#shared/api.ts';
import { REASONS } from '#shared/reasons.ts';
import type { Run } from '#shared/run.ts';
import { Icon } from '#shared/ui/icon.tsx';
import { useShortcuts } from '#shared/ui/keyboard.ts';
import { Note } from '#shared/ui/note.tsx';
import { runLine } from '#shared/ui/run-card.tsx';
import { isProposal, isTerminal } from '#shared/ui/run-groups.ts';
import { RunSteps } from '#shared/ui/run-steps.tsx';
import { safeHref } from '#shared/ui/safe-href.ts';
import { DemoLabel, StatePill } from '#shared/ui/state-pill.tsx';
import { stateWords } from '#shared/ui/state-words.ts';
import { TimeAgo } from '#shared/ui/time-ago.tsx';
import { useObserved } from '#shared/ui/use-observed.ts';
import { useSeen } from '#shared/ui/use-seen.ts';
import { Visible, VisibleBlock } from '#shared/ui/visible.tsx';
import { ask } from '../ask.ts';
import { ChangeFacts } from './change-facts.tsx';
import { EndedActs } from './ended-acts.tsx';
import type { Inbox } from './inbox-store.ts';
import { OpenActs } from './open-acts.tsx';
import type { PanelForm } from './panel-props.ts';
import { useDoor } from './use-door.ts';
import { useRunAct } from './use-run-act.ts';

const GATHER_MS = 100;

/** A number that grows a moment after something happened to the run. */
function useHeard(inbox: Inbox, daemonId: string, runId: string): number {
  const [heard, setHeard] = useState(0);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = inbox.follow(daemonId, runId, () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        setHeard((count) => count + 1);
      }, GATHER_MS);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [daemonId, runId]);
  return heard;
}

/** What goes on or went wrong, and what helps. */
function Situation({ run }: { run: Run }) {
  const line = runLine(run);
  if (run.state === 'failed' && run.reason) {
    return (
      <Note level="error">
        <p>
          <Visible text={line ?? ''} />
        </p>
        <p class="remedy">
          <Visible text={run.reason.remedy ?? REASONS[run.reason.code].remedy} />
        </p>
      </Note>
    );
  }
  return (
    <p class="situation">
      <Visible text={line ?? stateWords(run).meaning} />
    </p>
  );
}

interface PanelProps {
  inbox: Inbox;
  daemonId: string;
  runId: string;
  onBack: () => void;
  onRun: (run: Run) => void;
  /** Puts it away from the list, which is then shown. */
  onArchive: (run: Run) => void;
}

/** One run: what it is, how it stands, what is decided on, and everything this person may do with it. */
export function RunPanel({ inbox, daemonId, runId, onBack, onRun, onArchive }: PanelProps) {
  const { daemons, status } = useObserved(inbox.view);
  const daemon = daemons?.find(({ id }) => id === daemonId);
  const isReady = daemon?.link === 'ready';
  const heard = useHeard(inbox, daemonId, runId);
  const { value, problem } = useDoor(inbox, daemonId, 'getRun', { params: { id: runId } }, `${heard}/${isReady}`);
  const act = useRunAct(inbox, daemonId, isReady);
  const [form, setForm] = useState<PanelForm | undefined>();
  const [preview, setPreview] = useState<string | undefined>();
  const heading = useRef<HTMLHeadingElement>(null);
  const known = inbox.known(daemonId, runId);
  // An act is answered with the run: shown at once, before its particulars are read again.
  const detail: RunDetail | undefined = value && known && known.version > value.run.version ? { ...value, run: known } : value;
  const run = detail?.run ?? known;
  const decides = run !== undefined && (run.state === 'needs_approval' || isProposal(run));
  const diff = useDoor(inbox, daemonId, 'getDiff', decides ? { params: { id: runId } } : undefined, `${run?.headCommit}/${isReady}`);

  useSeen(run, known, isReady, (seen) => inbox.mark(daemonId, seen, 'read'));
  useEffect(() => heading.current?.focus(), [runId, run === undefined]);
  useEffect(() => setForm(undefined), [runId, run?.state]);

  const previewUrl = run && !isTerminal(run.state) ? safeHref(run.previewUrl) : undefined;
  const openPreview = () =>
    void ask('open_preview', { daemonId, runId }).then((asked) => {
      const problemNow = asked.ok ? (asked.value.ok ? undefined : asked.value.message) : asked.message;
      setPreview(problemNow);
    });
  const openPage = () => void ask('open_page', { daemonId, runId });
  const back = () => (form === undefined ? onBack() : setForm(undefined));
  useShortcuts([
    { key: 'Escape', words: 'Back to the list', run: back },
    { key: 'Backspace', words: 'Back to the list', silent: true, run: back },
    { key: 'o', words: 'Open the preview', run: () => previewUrl !== undefined && openPreview() },
    { key: 'g', words: 'Go to the run’s own page', run: openPage },
    {
      key: 'u',
      words: 'Mark it unread and go back',
      when: () => run !== undefined,
      run: () => {
        void inbox.mark(daemonId, run!, 'unread');
        onBack();
      },
    },
    {
      key: 'e',
      words: 'Archive an ended run',
      when: () => run !== undefined && isTerminal(run.state) && isReady,
      run: () => onArchive(run!),
    },
  ]);

  const facts = run && { run, children: detail?.children ?? [], status: status[daemonId], connected: isReady };
  const props = detail && facts && { inbox, daemonId, detail, facts, act, form, onForm: setForm, onRun };
  return (
    <article class="panel" aria-labelledby="panel-title">
      <div class="panel-head">
        <button type="button" class="cb-quiet back" onClick={back} title="Back to the list (Escape)">
          <Icon name="back" />
          Inbox
        </button>
        <span class="grow" />
        {previewUrl !== undefined && (
          <button type="button" class="cb-quiet" onClick={openPreview} title="Open Preview (O)">
            Open Preview <Icon name="external" />
          </button>
        )}
        <button type="button" class="cb-quiet" onClick={openPage} title="Diff, log, checks and timeline (G)">
          Full page <Icon name="external" />
        </button>
      </div>
      <div class="panel-body" key={runId}>
        {preview !== undefined && (
          <Note level="error">
            <p>{preview}</p>
          </Note>
        )}
        {run && <StatePill run={run} />} {run?.demo && <DemoLabel />}
        <h1 id="panel-title" ref={heading} tabIndex={-1}>
          {run ? <Visible text={run.title} /> : 'Reading the run…'}
        </h1>
        {run && (
          <>
            <p class="cb-run-facts">
              {run.route && (
                <code class="cb-route">
                  <Visible text={run.route} />
                </code>
              )}
              <span>{run.author}</span>
              <TimeAgo at={run.createdAt} />
              {run.slot && !isTerminal(run.state) && <span>{run.slot}</span>}
            </p>
            {run.prompt.trim() !== run.title && (
              <p class="words">
                <VisibleBlock text={run.prompt} />
              </p>
            )}
            <RunSteps run={run} />
            {!decides && <Situation run={run} />}
          </>
        )}
        {problem && !detail && (
          <Note level="error">
            <p>{problem}</p>
          </Note>
        )}
        {detail && decides && <ChangeFacts detail={detail} diff={diff} onAll={openPage} />}
        {detail && !decides && isTerminal(detail.run.state) && detail.answer && (
          <p class="prose">
            <VisibleBlock text={detail.answer.summary} />
          </p>
        )}
      </div>
      {!isReady && daemon?.words && (
        <p class="panel-away" role="status">
          {daemon.words.title}. What you see is how it stood before.
        </p>
      )}
      {props && <div class="panel-acts">{isTerminal(props.facts.run.state) ? <EndedActs {...props} /> : <OpenActs {...props} />}</div>}
    </article>
  );
}
