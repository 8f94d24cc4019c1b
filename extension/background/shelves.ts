import type { PairedDaemon } from './paired-daemon.ts';
import type { Unsent } from './unsent.ts';

/** Things kept by key across restarts of the background and of the browser. A write has reached the disk when it resolves. */
export interface Shelf<T> {
  all(): Promise<T[]>;
  get(key: string): Promise<T | undefined>;
  put(value: T): Promise<void>;
  /** Puts it unless something has its key already; answers whether it did. */
  add(value: T): Promise<boolean>;
  delete(key: string): Promise<void>;
}

/** What a person was writing on a page. */
export interface KeptDraft {
  page: string;
  text: string;
  at: number;
}

/** A daemon that was picked for an origin where it was unclear. */
export interface Picked {
  origin: string;
  daemonId: string;
}

/** A run that was asked for on a page of this origin. */
export interface Asked {
  /** `<daemon>/<run>` */
  run: string;
  origin: string;
  at: number;
}

/** A notification that was given, so that it is given once. */
export interface Told {
  key: string;
  at: number;
}

export interface Shelves {
  told: Shelf<Told>;
  asked: Shelf<Asked>;
  daemons: Shelf<PairedDaemon>;
  unsent: Shelf<Unsent>;
  drafts: Shelf<KeptDraft>;
  picked: Shelf<Picked>;
}

const NAME = 'codex-builder';
/** Grows with every shelf that is added or taken away. */
const VERSION = 3;
const KEY_PATHS: Readonly<Record<keyof Shelves, string>> = {
  daemons: 'id',
  unsent: 'key',
  drafts: 'page',
  picked: 'origin',
  asked: 'run',
  told: 'key',
};

/**
 * IndexedDB of the extension's own origin: unlike `storage.local` no content script reaches it,
 * and a request is put there whole, pictures included, in one durable step.
 */
export async function openShelves(): Promise<Shelves> {
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    const opening = indexedDB.open(NAME, VERSION);
    opening.onupgradeneeded = () => {
      const { result } = opening;
      for (const store of [...result.objectStoreNames]) if (!Object.hasOwn(KEY_PATHS, store)) result.deleteObjectStore(store);
      for (const [store, keyPath] of Object.entries(KEY_PATHS)) {
        if (!result.objectStoreNames.contains(store)) result.createObjectStore(store, { keyPath });
      }
    };
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
  return {
    daemons: shelf(database, 'daemons'),
    unsent: shelf(database, 'unsent'),
    drafts: shelf(database, 'drafts'),
    picked: shelf(database, 'picked'),
    asked: shelf(database, 'asked'),
    told: shelf(database, 'told'),
  };
}

function shelf<T>(database: IDBDatabase, name: keyof Shelves): Shelf<T> {
  const read = <R>(ask: (store: IDBObjectStore) => IDBRequest<R>) =>
    new Promise<R>((resolve, reject) => {
      const request = ask(database.transaction(name, 'readonly').objectStore(name));
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  const write = (act: (store: IDBObjectStore) => IDBRequest) =>
    new Promise<void>((resolve, reject) => {
      const transaction = database.transaction(name, 'readwrite', { durability: 'strict' });
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error);
      act(transaction.objectStore(name));
    });
  return {
    all: () => read((store) => store.getAll() as IDBRequest<T[]>),
    get: (key) => read((store) => store.get(key) as IDBRequest<T | undefined>),
    put: (value) => write((store) => store.put(value)),
    add: (value) =>
      write((store) => store.add(value)).then(
        () => true,
        (error: unknown) => {
          if (error instanceof DOMException && error.name === 'ConstraintError') return false;
          throw error;
        },
      ),
    delete: (key) => write((store) => store.delete(key)),
  };
}
