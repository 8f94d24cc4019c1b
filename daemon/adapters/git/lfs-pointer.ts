/** What Git LFS keeps in a commit instead of a file's content. */
export interface LfsPointer {
  /** SHA-256 of the content. */
  oid: string;
  size: number;
}

/** A pointer is never longer. */
export const POINTER_BYTES = 1024;

/** Reads a pointer; undefined when the text is none. Extensions and unknown lines are none of ours: such a file is left as it is. */
export function readPointer(text: string): LfsPointer | undefined {
  const match = /^version https:\/\/git-lfs\.github\.com\/spec\/v1\noid sha256:([0-9a-f]{64})\nsize (\d{1,15})\n$/.exec(text);
  return match === null ? undefined : { oid: match[1]!, size: Number(match[2]) };
}

/** The bytes that Git LFS itself writes. */
export function writePointer({ oid, size }: LfsPointer): string {
  return `version https://git-lfs.github.com/spec/v1\noid sha256:${oid}\nsize ${size}\n`;
}
