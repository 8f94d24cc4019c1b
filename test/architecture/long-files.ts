/** Files of more than 250 lines, each with the reason why it is better whole. A file that became shorter must leave this list. */
export const LONG_FILES: Readonly<Record<string, string>> = {
  'daemon/ports.ts': 'every port in one place: the contract between the rooms is read as one text',
};

/** Lines a file may have without saying why. */
export const LONG = 250;
