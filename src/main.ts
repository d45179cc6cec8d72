/** `npm start`: everything in one process, on an embedded database unless DATABASE_URL names another. */
import { run } from './serve.ts';

await run('all', ({ service, url }) => {
  const { token, file, fresh } = service.adminToken;
  const lines = [`Plusone is ready: ${url}`, ''];
  for (const { program } of service.programs.all()) {
    lines.push(`  ${program.name}`);
    for (const source of program.sources)
      lines.push(`    ${source.name.padEnd(10)} ${url}/p/${program.program}/webhooks/${source.name}`);
  }
  lines.push('', `  console    ${url}/admin`, `  API docs   ${url}/docs`, `  admin API  ${url}/admin/v1`);
  if (file) lines.push(`  admin token in ${file}`);
  // The token itself is for eyes at a terminal only: a log collector would keep it.
  if (fresh && process.stdout.isTTY) lines.push(`  admin token ${token}`);
  process.stdout.write(`${lines.join('\n')}\n`);
});
