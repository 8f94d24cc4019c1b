import type { Policy } from '../policy.ts';
import { Icon } from './icon.tsx';
import { Visible } from './visible.tsx';

const VERDICTS: Record<Policy['verdict'], string> = {
  clear: 'Nothing in the policy stands against this change.',
  manual_approval_required: 'Look at this before you approve:',
  blocked: 'The policy blocks this change:',
};

/** The verdict and its reasons, the gravest first, with the paths they are about unless `brief`. */
export function PolicyReasons({ policy, brief = false }: { policy: Policy | undefined; brief?: boolean }) {
  if (!policy) return null;
  const order = { block: 0, manual: 1, note: 2 } as const;
  const reasons = [...policy.reasons].sort((a, b) => order[a.severity] - order[b.severity]);
  return (
    <div class={`policy ${brief ? 'policy-brief' : ''}`}>
      <p class={policy.verdict === 'blocked' ? 'cb-text-bad' : ''}>{VERDICTS[policy.verdict]}</p>
      {reasons.length > 0 && (
        <ul>
          {reasons.map((reason) => (
            <li key={reason.rule + reason.message} class={`policy-${reason.severity}`}>
              <Icon name={reason.severity === 'note' ? 'info' : reason.severity === 'manual' ? 'eye' : 'warning'} />
              <div>
                <span class="cb-hidden">
                  {reason.severity === 'note' ? 'Note: ' : reason.severity === 'manual' ? 'Look at: ' : 'Blocks: '}
                </span>
                <Visible text={reason.message} /> <span class="rule">{reason.rule}</span>
                {!brief && reason.paths.length > 0 && (
                  <div class="policy-paths">
                    {reason.paths.slice(0, 6).map((path) => (
                      <code key={path}>
                        <Visible text={path} />
                      </code>
                    ))}
                    {reason.paths.length > 6 && <span>and {reason.paths.length - 6} more</span>}
                  </div>
                )}
              </div>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
