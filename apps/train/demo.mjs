// What `npm run demo` starts. npm runs scripts at the root of the workspace; paths on the command line are relative to
// where the user stands.
import { chdir, env } from 'node:process';

if (env.INIT_CWD !== undefined) chdir(env.INIT_CWD);
await import('./dist/main.js');
