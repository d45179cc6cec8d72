/**
 * The commands of the Open Source Fund, as cli.ts lists the others. Must never: do anything; functions beside it do.
 */
import type { Command } from 'commander';
import type { Cli } from './command.ts';
import type { RegisterOptions } from './contributors.ts';
import type { ReportOptions, RunOptions, SbomOptions } from './fund.ts';

const runs = () => import('./fund.ts');
const contributors = () => import('./contributors.ts');

const PROGRAM = ['--program <name>', 'the program; needed when several have a fund'] as const;

type Write = (text: string) => void;

export function addFundCommands(program: Command, cli: Cli, out: Write): void {
  addRuns(program, cli, out);
  addContributors(program, cli);
}

function addRuns(program: Command, cli: Cli, out: Write): void {
  const fund = program.command('fund').description('the Open Source Fund: what the people are paid whose code ships');
  fund
    .command('sbom')
    .description('make the SBOM of an npm project, by npm sbom')
    .argument('[folder]', 'where its package-lock.json is', '.')
    .option('--format <format>', 'cyclonedx or spdx', 'cyclonedx')
    .option('--output <file>', 'where to write it, instead of standard output')
    .action(async (folder: string, options: SbomOptions) => await (await runs()).makeSbom(folder, options, out));
  fund
    .command('run')
    .description("run the month that is over: attribute its release's lines, give shares, plan payouts; once")
    .option(...PROGRAM)
    .option('--month <month>', 'as 2026-11; by default the next one to run')
    .option('--sbom <file>', "the release's SBOM, instead of fund.sbom of the program file")
    .option('--dry-run', 'print the table and change nothing')
    .action(async (options: RunOptions) => await (await runs()).runFund(cli, options));
  fund
    .command('report')
    .description('a run, by contributor, repository and component')
    .option(...PROGRAM)
    .option('--month <month>', 'by default the last that was run')
    .option('--csv <table>', 'contributors, repositories, components or lines, as CSV')
    .action(async (options: ReportOptions) => await (await runs()).reportFund(cli, options, out));
  fund
    .command('payouts')
    .description('payouts and how they stand')
    .option(...PROGRAM)
    .option('--month <month>', 'only those of one run')
    .action(async (options: { program?: string; month?: string }) => await (await runs()).showPayouts(cli, options));
  fund
    .command('export')
    .description('payouts to be paid by hand, as CSV with payout details; the same again until each is settled')
    .option(...PROGRAM)
    .option('--output <file>', 'where to write it (0600), instead of standard output')
    .action(
      async (options: { program?: string; output?: string }) => await (await runs()).exportFund(cli, options, out),
    );
  fund
    .command('settle')
    .description('say how a payout ended: paid, or refused (it is owed as before); retry sends it again')
    .argument('<payout>', 'as `fund payouts` shows it')
    .argument('<word>', 'paid, refused or retry')
    .option(...PROGRAM)
    .option('--reference <text>', "the bank's or the sink's own id of it")
    .action(
      async (payout: string, word: string, options: { program?: string; reference?: string }) =>
        await (await runs()).settleFund(cli, payout, word, options),
    );
}

function addContributors(program: Command, cli: Cli): void {
  const contributor = program.command('contributor').description('who is paid by the Open Source Fund');
  contributor
    .command('register')
    .description('register a contributor; their address is asked by mail')
    .requiredOption('--github-username <name>', 'under which name they are shown')
    .option('--email <address>', 'an address that their commits carry; by default `git config user.email`')
    .option('--add-to <contributor>', 'it is a further address of con_…')
    .option(...PROGRAM)
    .action(async (options: RegisterOptions) => await (await contributors()).registerContributor(cli, options));
  contributor
    .command('confirm')
    .description('take the code that was mailed')
    .argument('<code>', 'from the mail')
    .option(...PROGRAM)
    .action(
      async (code: string, options: { program?: string }) =>
        await (await contributors()).confirmContributor(cli, code, options),
    );
  contributor
    .command('details')
    .description('keep where to pay, encrypted: an object of names and texts, as JSON')
    .argument('<github-username>', 'whose')
    .option('--file <file>', 'where it stands; - is standard input', '-')
    .option('--remove', 'forget it')
    .option(...PROGRAM)
    .action(
      async (username: string, options: { program?: string; file: string; remove?: boolean }) =>
        await (await contributors()).changeDetails(cli, username, options),
    );
  contributor
    .command('list')
    .description('contributors, what is owed to them and what was paid')
    .option(...PROGRAM)
    .action(async (options: { program?: string }) => await (await contributors()).showContributors(cli, options));
}
