/** Bench `task`: the patterns of Task Bench; what an empty task costs, and how short tasks may be. */
import { type Bench, type Case, targetOver } from '../bench.ts';
import { runProgram } from '../run-program.ts';
import { patterns } from '../task-graph/patterns.ts';
import { defaultTaskSettings } from '../task-graph/settings.ts';

/** Nanoseconds of a denque-loop message on the reference machine; targets are in microseconds. */
const denqueUs = 0.015;

const cases = patterns.flatMap(({ name }): Case[] => {
  const isTarget = name === 'stencil_1d';
  return [
    { name: `${name}-empty`, unit: 'us', ...(isTarget ? { target: targetOver(1.7, denqueUs) } : {}) },
    { name: `${name}-metg`, unit: 'us', ...(isTarget ? { target: targetOver(3.7, denqueUs) } : {}) },
  ];
});

export const task: Bench = {
  name: 'task',
  summary: "Task Bench's patterns, 16 columns on two PEs: core time of an empty task, and METG(50 %)",
  cases,
  sample: (context) => {
    const settings = context.task ?? defaultTaskSettings;
    return runProgram('task', settings.pes, context, { args: [JSON.stringify(settings)] });
  },
};
