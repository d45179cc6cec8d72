/**
 * What the figures were measured on, as far as it matters to them. Must never: name a path or a host.
 */
import { cpus, loadavg, totalmem } from 'node:os';

export function machineLines(settings: Readonly<Record<string, string>>): string[] {
  const [cpu] = cpus();
  const memory = `${(totalmem() / 2 ** 30).toFixed(0)} GiB memory`;
  const { server_version: version, ...rest } = settings;
  return [
    `${cpus().length} cores (${cpu?.model.trim() || process.arch}), ${memory}, ${process.platform} ${process.arch}, node ${process.version}, PostgreSQL ${version}`,
    `as read from the server: ${Object.entries(rest)
      .map(([name, value]) => `${name} ${value}`)
      .join(', ')}`,
  ];
}

/** Of the last minute; another process's work is in every figure. */
export function loadLine(): string {
  const [minute = 0] = loadavg();
  const busy =
    minute > cpus().length / 2 ? ': the machine is busy with something else, and the figures are lower for it' : '';
  return `load average before the first run: ${minute.toFixed(2)}${busy}`;
}
