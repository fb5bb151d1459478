import { fileURLToPath } from 'node:url';

/**
 * The program as a user runs it: the first argument of Node, with the user's own behind it. It builds first where the
 * sources have changed, which `npm test` has done already.
 */
export const PROGRAM = fileURLToPath(new URL('../../runtime/bootstrap/portcullis.mjs', import.meta.url));
