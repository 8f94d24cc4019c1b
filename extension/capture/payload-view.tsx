import { useEffect, useState } from 'preact/hooks';
import type { Collected } from './collected.ts';
import { type ReadyRequest, type RequestOptions, toRequest } from './to-request.ts';

export interface PayloadViewParts {
  collected: Collected;
  prompt: string;
  options?: RequestOptions;
  onChange(collected: Collected): void;
}

/** Shows exactly what will be sent; each part can be taken out of it. */
export function PayloadView({ collected, prompt, options }: PayloadViewParts) {
  const [ready, setReady] = useState<ReadyRequest>();
  useEffect(() => {
    let isStale = false;
    void toRequest(collected, prompt, options).then((next) => isStale || setReady(next));
    return () => {
      isStale = true;
    };
  }, [collected, prompt, options]);
  return <pre class="cap-json">{ready === undefined ? '' : JSON.stringify(ready.request)}</pre>;
}
