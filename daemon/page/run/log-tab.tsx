import { useState } from 'preact/hooks';
import type { RunDetail } from '#shared/api.ts';
import { agentLog } from './agent-log.ts';
import { LogView } from './log-view.tsx';
import { Messages, SendMessage } from './send-message.tsx';

/** The live log of the agent, and every other log of the run. */
export function LogTab({ detail }: { detail: RunDetail }) {
  const { logs, run } = detail;
  const [picked, setPicked] = useState<string | undefined>();
  const current = logs.find((log) => log.name === picked) ?? agentLog(logs);
  if (!current) return <p class="empty">There is no log yet. It starts with the first step.</p>;
  return (
    <>
      {logs.length > 1 && (
        <label class="inline">
          <span>Log</span>
          <select value={current.name} onChange={(event) => setPicked(event.currentTarget.value)}>
            {logs.map((log) => (
              <option key={log.name} value={log.name}>
                {log.name}
                {log.finished ? '' : ' (live)'}
              </option>
            ))}
          </select>
        </label>
      )}
      <LogView key={current.name} runId={run.id} name={current.name} bytes={current.bytes} ended={current.finished} />
      <Messages runId={run.id} />
      <SendMessage detail={detail} />
    </>
  );
}
