// `npm run client`: makes the TypeScript client of the OpenAPI document, and of both the JavaScript that is shipped.
// A test fails when what is committed differs from what this makes.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { API_FILE, apiText, DIST, shipped } from './client/make.ts';

writeFileSync(API_FILE, apiText());
rmSync(DIST, { recursive: true, force: true });
mkdirSync(DIST, { recursive: true });
const files = shipped();
for (const [name, text] of files) writeFileSync(path.join(DIST, name), text);
console.log(`made ${API_FILE} and ${[...files.keys()].map((name) => path.posix.join(DIST, name)).join(', ')}`);
