// One attribution in a process of its own, so that its memory is its own: `fund-run.ts <repository> <folder>`.
import { attribute } from '../../src/fund/attribute.ts';
import type { Fund } from '../../src/model/program.ts';

export interface Attributed {
  readonly seconds: number;
  readonly commits: number;
  readonly files: number;
  readonly lines: number;
  readonly authors: number;
}

const [repository = '', folder = ''] = process.argv.slice(2);
const fund: Fund = {
  share: 250_000n,
  minimumPayout: 0n,
  currency: 'usd',
  keepUnregistered: 0,
  since: undefined,
  sbom: undefined,
  repositories: [{ name: 'bench', path: repository, package: 'bench', revision: 'HEAD' }],
  components: [
    { name: 'core', weight: 2000n, files: ['bench/src/**'] },
    { name: 'rest', weight: 1000n, files: ['bench/**'] },
  ],
  exclude: { authors: [], files: [], bulkFiles: 50 },
  sink: { kind: 'csv' },
};
const sbom = { file: 'bench', format: '', hash: '', components: [{ name: 'bench', version: '1.0.0', purl: null }] };

const start = performance.now();
const [found] = await attribute(fund, sbom, { folder });
const seconds = (performance.now() - start) / 1000;
const { commits = 0, files = 0, lines = 0, counted = [] } = found ?? {};
const authors = new Set(counted.map(({ address }) => address)).size;
const told: Attributed = { seconds, commits, files, lines, authors };
process.send?.(told);
process.disconnect();
