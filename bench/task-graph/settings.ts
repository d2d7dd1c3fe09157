/** What `charm4ts bench task --task NAME=VALUE,...` can change. */

export interface TaskSettings {
  /** Columns of the task graph. */
  readonly width: number;
  /** Inputs of a task in nearest, spread and random_nearest. */
  readonly radix: number;
  /** Bytes of an output, 16 or more. */
  readonly bytes: number;
  readonly pes: number;
}

export const defaultTaskSettings: TaskSettings = { width: 16, radix: 5, bytes: 16, pes: 2 };

const bounds: Readonly<Record<keyof TaskSettings, readonly [number, number]>> = {
  width: [2, 4096],
  radix: [1, 64],
  bytes: [16, 2 ** 24],
  pes: [1, 64],
};

/** @throws Error that says what is wrong, and what there is. */
export function parseTaskSettings(text: string): TaskSettings {
  const settings: Record<string, number> = { ...defaultTaskSettings };
  for (const part of text.split(',')) {
    const [name = '', value = ''] = part.split('=');
    if (!Object.hasOwn(bounds, name))
      throw new Error(`there is no ${name}; write ${Object.keys(bounds).join('=N, ')}=N, with commas between them`);
    const [min, max] = bounds[name as keyof TaskSettings];
    const number = Number(value);
    if (value === '' || !Number.isInteger(number) || number < min || number > max)
      throw new Error(`${name} must be an integer from ${min} to ${max}, not ${value}`);
    settings[name] = number;
  }
  return settings as unknown as TaskSettings;
}
