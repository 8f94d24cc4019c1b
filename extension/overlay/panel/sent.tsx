import { useEffect, useState } from 'preact/hooks';
import { useObserved } from '#shared/ui/use-observed.ts';
import { PayloadView } from '../../capture/payload-view.tsx';
import { PictureEditor } from '../../capture/picture-editor.tsx';
import type { Shell } from '../contract.ts';
import type { CaptureDesk } from './capture-desk.ts';

/** Everything that will be sent, as it stands now; or one picture of it, to draw on. */
export function WhatIsSent({ capture, shell, daemonId }: { capture: CaptureDesk; shell: Shell; daemonId: string | undefined }) {
  const { collected, shown } = useObserved(capture.state);
  const [prompt, setPrompt] = useState(shell.text);
  useEffect(() => shell.onText(() => setPrompt(shell.text())), []);
  if (!collected || shown === undefined) return null;
  const picture = shown === 'payload' ? undefined : collected.pictures.find(({ id }) => id === shown.picture);
  return (
    <div class="sent">
      {picture ? (
        <PictureEditor picture={picture} shown={collected.shown} onChange={capture.changePicture} onDone={() => capture.show('payload')} />
      ) : (
        <PayloadView
          collected={collected}
          prompt={prompt}
          onChange={capture.change}
          onEdit={({ id }) => capture.show({ picture: id })}
          {...(daemonId !== undefined && { sourcesFrom: daemonId })}
        />
      )}
    </div>
  );
}
