#!/usr/bin/env node
/** The `charm4ts` command. */
import { Command } from 'commander';
import { readManifest } from '../launch/package-root.ts';
import { ampiCommand } from './ampi.ts';
import { benchCommand } from './bench.ts';
import { runners, spelledOurWay } from './charm-options/apply.ts';
import { lbSimCommand } from './lb-sim.ts';
import { lbCommand, psCommand, topCommand } from './live.ts';
import { hintAtProgramOptions } from './program-options.ts';
import { projectionsCommand } from './projections.ts';
import { runCommand } from './run.ts';
import { simCommand } from './sim.ts';

const program = new Command('charm4ts')
  .description('Parallel programs of chares: run them, measure them, see what they do.')
  .version(readManifest().version)
  .showHelpAfterError('(add --help for usage)');

// With the program's settings: after an error a command too tells how to get help.
const commands = [
  runCommand(),
  ampiCommand(),
  simCommand(),
  lbSimCommand(),
  projectionsCommand(),
  topCommand(),
  psCommand(),
  lbCommand(),
  benchCommand(),
];
for (const command of commands) {
  program.addCommand(command.copyInheritedSettings(program));
}

const words = spelledOurWay(program, process.argv.slice(2));
for (const command of program.commands) if (runners.includes(command.name())) hintAtProgramOptions(command, words);
await program.parseAsync(words, { from: 'user' });
