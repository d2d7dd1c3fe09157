/** The program's command line. */
import { existsSync, readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError } from 'commander';
import { type Device, DeviceFileError, readDevice, stripsRange } from './device-file.ts';
import { JsonField } from './json-field.ts';

export interface Options {
  readonly device: Device;
  readonly outFolder: string;
  /** Print the results as JSON instead of text. */
  readonly isJson: boolean;
}

/** The program is not to be run: `text` is what to print, and why. */
export class NotRunning extends Error {
  override readonly name = 'NotRunning';
  readonly exitCode: number;

  constructor(text: string, exitCode: number) {
    super(text);
    this.exitCode = exitCode;
  }
}

const exitCodeUsage = 2;
const shippedFolder = new URL('./devices/', import.meta.url);
const defaultDevice = 'abrupt';

/** @throws NotRunning for `--help`, wrong arguments and wrong device files */
export function parseArguments(args: readonly string[]): Options {
  const command = createCommand();
  let printed = '';
  command.exitOverride().configureOutput({
    writeOut: (text) => {
      printed += text;
    },
    writeErr: (text) => {
      printed += text;
    },
  });
  try {
    command.parse(args, { from: 'user' });
    const { out, strips, json } = command.opts<{ out: string; strips?: string; json?: true }>();
    const device = readDevice(findDevice(command.args[0] ?? defaultDevice));
    return { device: withStrips(device, strips), outFolder: out, isJson: json === true };
  } catch (error) {
    if (error instanceof CommanderError) throw new NotRunning(printed, error.exitCode === 0 ? 0 : exitCodeUsage);
    if (error instanceof DeviceFileError) throw new NotRunning(`${error.message}\n`, exitCodeUsage);
    throw error;
  }
}

function createCommand(): Command {
  return new Command('device')
    .description('Solve the 2-D drift-diffusion model of a p-n diode over a sweep of its bias.')
    .argument('[device]', `a device file, or the name of a shipped one: ${shippedNames().join(', ')}`, defaultDevice)
    .option('--out <folder>', 'where the results go', 'results')
    .option('--strips <n>', 'number of strips to cut the device into, instead of what its file says')
    .option('--json', 'print the results as JSON')
    .addHelpText('after', '\nThe device file is explained in examples/device/README.md.');
}

function shippedNames(): string[] {
  return readdirSync(shippedFolder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => basename(file, '.json'));
}

function findDevice(name: string): string {
  if (shippedNames().includes(name)) return fileURLToPath(new URL(`${name}.json`, shippedFolder));
  if (existsSync(name)) return name;
  throw new DeviceFileError(`there is no device file "${name}"; shipped are ${shippedNames().join(', ')}`);
}

function withStrips(device: Device, text: string | undefined): Device {
  if (text === undefined) return device;
  const strips = new JsonField('command line', '--strips', Number(text)).number(stripsRange(device.mesh));
  return { ...device, strips };
}
