// `npm run check`: everything about the code that can be judged without running it. Every step runs, also after one
// has failed, and is named with its result; the exit code is 1 when any failed. `npm run check -- --fix` lets biome
// rewrite what it safely can. The steps run side by side, their output is printed step by step.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

type Result = { ok: boolean; output: string };
type Step = { name: string; run: () => Promise<Result> };

const fix = process.argv.includes('--fix');

/** All that may lie in the root, besides what .gitignore names. */
const ROOT = `src migrations test scripts Procfile package.json package-lock.json tsconfig.json README.md LICENSE
  .env.example .gitignore .gitattributes .npmrc .ci .git .data .env node_modules coverage`.split(/\s+/);

const steps: Step[] = [
  { name: 'types (tsc)', run: () => tool(['node_modules/typescript/bin/tsc', '--noEmit', '--pretty', 'false']) },
  {
    name: 'types of the snippet (tsc)',
    run: () => tool(['node_modules/typescript/bin/tsc', '-p', 'src/web/snippet', '--pretty', 'false']),
  },
  {
    name: 'lint and format (biome)',
    run: () =>
      tool([
        'node_modules/@biomejs/biome/bin/biome',
        'check',
        ...(fix ? ['--write'] : []),
        '--config-path=scripts/biome.json',
        '--error-on-warnings',
        '--max-diagnostics=200',
        '.',
      ]),
  },
  {
    name: 'dead code (knip)',
    run: () => tool(['node_modules/knip/bin/knip.js', '--config', 'scripts/knip.json', '--no-progress']),
  },
  { name: 'packages (exact, from no named registry)', run: async () => judge(packageProblems()) },
  {
    name: 'root folder',
    run: async () =>
      judge(
        readdirSync('.')
          .filter((entry) => !ROOT.includes(entry))
          .map((entry) => `${entry} does not belong in the root: tool configs go to scripts/ or test/`),
      ),
  },
];

function packageProblems(): string[] {
  const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Record<string, Record<string, string>>;
  const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: Record<string, object> };
  const loose = ['dependencies', 'devDependencies', 'optionalDependencies']
    .flatMap((kind) => Object.entries(manifest[kind] ?? {}))
    .filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
    .map(([name, version]) => `package.json: ${name} ${version} is not an exact version`);
  const named = Object.entries(lock.packages)
    .filter(([, entry]) => 'resolved' in entry)
    .map(([name]) => `package-lock.json: ${name} names a registry ("resolved"); .npmrc keeps it out`);
  return [...loose, ...named];
}

function judge(problems: string[]): Result {
  return { ok: problems.length === 0, output: problems.join('\n') };
}

function tool(command: string[]): Promise<Result> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.stderr.on('data', (chunk) => {
      output += chunk;
    });
    child.on('error', (error) => resolve({ ok: false, output: error.message }));
    child.on('close', (code) => resolve({ ok: code === 0, output: output.trim() }));
  });
}

const results = await Promise.all(steps.map((step) => step.run()));
for (const [index, { ok, output }] of results.entries()) {
  console.log(`${ok ? 'ok    ' : 'FAILED'}  ${steps[index]?.name}`);
  if (!ok && output !== '') console.log(`${output}\n`);
}
process.exitCode = results.every((result) => result.ok) ? 0 : 1;
