// `npm run test:faults`: the long form of every scenario in scenarios.md, by the files that the list names; those that
// end in .long.ts run here only.
import path from 'node:path';
import { mergeConfig } from 'vitest/config';
import { fileOf, readChecklist } from '../support/checklist.ts';
import base from '../vitest.config.ts';

const root = path.resolve(import.meta.dirname, '../..');
const shown = readChecklist('faults/scenarios.md', 'faults').flatMap(({ shownBy }) => shownBy);
const files = new Set(shown.map((each) => path.relative(root, fileOf(each))));

const config = mergeConfig(base, { test: { provide: { long: true }, testTimeout: 300_000 } });
config.test.include = [...files];
export default config;
