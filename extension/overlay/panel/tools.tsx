import { Icon, type IconName } from '#shared/ui/icon.tsx';
import { useObserved } from '#shared/ui/use-observed.ts';
import type { Shell } from '../contract.ts';
import type { CaptureDesk } from './capture-desk.ts';

/** What can be put beside the words, and what all of it comes to. */
export function Tools({ capture, shell }: { capture: CaptureDesk; shell: Shell }) {
  const { shown, isTaking } = useObserved(capture.state);
  return (
    <>
      <Tool icon="target" words="Pick element" shell={shell} onPress={capture.pick} />
      <Tool icon="picture" words="Picture" shell={shell} busy={isTaking} onPress={() => void capture.takePicture()} />
      <Tool
        icon="eye"
        words="What is sent"
        shell={shell}
        expanded={shown !== undefined}
        onPress={() => capture.show(shown === undefined ? 'payload' : undefined)}
      />
    </>
  );
}

interface ToolParts {
  icon: IconName;
  words: string;
  shell: Shell;
  busy?: boolean;
  expanded?: boolean;
  onPress(): void;
}

function Tool({ icon, words, shell, busy = false, expanded, onPress }: ToolParts) {
  return (
    <button
      type="button"
      class="tool"
      aria-label={words}
      title={words}
      aria-busy={busy}
      aria-expanded={expanded}
      onClick={(event) => shell.isReal(event) && onPress()}
    >
      <Icon name={icon} />
      <span class="tool-words">{words}</span>
    </button>
  );
}
