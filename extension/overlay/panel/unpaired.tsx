import { Button } from '#shared/ui/button.tsx';
import { ask } from '../../ask.ts';
import type { Shell } from '../contract.ts';

/** What to do when no daemon is paired yet. What is written stays. */
export function Unpaired({ shell }: { shell: Shell }) {
  return (
    <div class="said">
      <div>
        <strong>This browser is not paired yet</strong>
        <p>
          Start Codex Builder, then enter the one-time code that this command prints. What you write here is kept meanwhile.
          <br />
          <code class="command">scripts/codex-builder pair</code>
        </p>
        <Button kind="primary" onClick={(event) => shell.isReal(event) && void ask('open_options', {})}>
          Pair this browser…
        </Button>
      </div>
    </div>
  );
}
