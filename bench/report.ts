/** The figures as a person reads them: ratios first, since only they outlive the machine. */
import type { ColdResult } from './cold.ts';
import type { FlowResult } from './flow.ts';
import { formatTable, ratio, tenths, whole } from './table.ts';

/** The aim: 90 ms with the SDK on a machine where the SDK pair takes 79 ms. */
const AIM_WITH_SDK = 90 / 79;
/** The aim on two cores. */
const AIM_PER_SECOND = 200;

const KILOBYTE = 1024;

function coldRow(result: ColdResult, measure: ColdResult): string[] {
  const { subject } = result;
  const holdsSdk = subject.kind === 'ours' || subject === measure.subject;
  const cells = (value: number, unit: number): string[] => [ratio(value / unit), whole(value)];
  return [
    subject.name,
    ...cells(result.importMs, measure.importMs),
    ...(holdsSdk ? cells(result.withSdkMs, measure.withSdkMs) : ['-', '-']),
    ...cells(result.firstMs, measure.firstMs),
    tenths(result.secondMs),
    whole(subject.startBytes / KILOBYTE),
  ];
}

/** The first result is the measure of the others. */
export function coldReport(
  results: readonly ColdResult[],
  options: { readonly runs: number; readonly messageBytes: number },
): string {
  const [measure] = results;
  if (measure === undefined) return '';
  const head = [
    ['', 'import', '', 'with the SDK', '', 'first answer', '', 'second', 'entry'],
    ['', 'ratio', 'ms', 'ratio', 'ms', 'ratio', 'ms', 'ms', 'KB'],
  ];
  const table = formatTable([...head, ...results.map((result) => coldRow(result, measure))]);
  return (
    `Cold starts: medians of ${options.runs} fresh processes each, in turn; messages of ${options.messageBytes} bytes.\n` +
    `Ratios are to ${measure.subject.name}. The aim: with the SDK at most ${ratio(AIM_WITH_SDK)}.\n\n${table}`
  );
}

function flowRow({ load, perSecond, p50Ms, p99Ms, cpuMs }: FlowResult): string[] {
  const optional = (value: number | undefined): string => (value === undefined ? '-' : tenths(value));
  return [
    load.perSecond === 0 ? 'as fast as it goes' : `${load.perSecond} a second`,
    ratio(perSecond / AIM_PER_SECOND),
    whole(perSecond),
    whole(p50Ms),
    whole(p99Ms),
    optional(cpuMs.standIn),
    optional(cpuMs.functions),
    tenths(cpuMs.sender),
    String(load.messages),
  ];
}

/** All results are of messages that arrived exactly once, rewritten; `measureFlow` throws otherwise. */
export function flowReport(results: readonly FlowResult[]): string {
  const [first] = results;
  if (first === undefined) return '';
  const { connections, messageBytes } = first.load;
  const head = [
    ['', 'ratio', 'messages', 'accepted to delivered', '', 'processor ms a message', '', '', 'messages'],
    ['', '', 'a second', 'p50 ms', 'p99 ms', 'stand-in', 'functions', 'sender', 'all delivered'],
  ];
  return (
    `The flow: messages of ${messageBytes} bytes over ${connections} sessions; captured, checked, rewritten, delivered once each.\n` +
    `Ratios are to the aim, ${AIM_PER_SECOND} messages a second. As fast as it goes, the times are of the queue.\n\n` +
    formatTable([...head, ...results.map(flowRow)])
  );
}
