/** The checker can fail: one good edit, spoiled in many ways, each of which it must notice, and say where. */
import { describe, expect, it } from 'vitest';
import { PLAIN } from './changes.ts';
import { faultsOf } from './checker.ts';
import { askPython, HAS_PYTHON, jsPeerFaults, pythonFaults } from './peers.ts';
import { ALL, after, BEFORE, claim, GOOD, type Sabotage, spoil } from './sabotages.ts';

describe('a good edit that is spoiled', () => {
  it('is good before that, to all readers', async () => {
    expect(claim).toEqual({ banner: ['1.1', '1.2'], footer: ['1.1', '1.2'], subject: true, field: true });
    expect(faultsOf(BEFORE, after, PLAIN, claim)).toEqual([]);
    expect(await jsPeerFaults(BEFORE, [after])).toEqual([]);
  });

  it.each(ALL)('$what', (sabotage) => {
    const spoiled = spoil(sabotage);
    expect(spoiled.equals(after)).toBe(false);
    const faults = faultsOf(BEFORE, spoiled, PLAIN, claim);
    expect(faults.length).toBeGreaterThan(0);
    expect(faults.join('\n')).toMatch(sabotage.fault);
  });

  it('re-encoded lines of an edited text', () => {
    const text = GOOD.replace(
      /(quoted-printable\r\n\r\n)([\s\S]*?)(?=\r\n--inner)/,
      (_all, head: string, body: string) => {
        const octets = body
          .replaceAll(/=\r\n/g, '')
          .replaceAll(/=([0-9A-F]{2})/g, (_hex, hex: string) => `\0${hex}`);
        return `${head}${octets.replaceAll(/[a-z]/g, (char) => `=${char.charCodeAt(0).toString(16).toUpperCase()}`).replaceAll('\0', '=')}`;
      },
    );
    expect(faultsOf(BEFORE, Buffer.from(text, 'latin1'), PLAIN, claim).join()).toMatch(
      /"1.1": \d+ encoded lines/,
    );
  });

  it('a claim to have edited one alternative only', () => {
    const half = { ...claim, banner: ['1.1'] };
    expect(faultsOf(BEFORE, after, PLAIN, half).join()).toMatch(/"1": an alternative is left out/);
  });

  it('a claim to have edited nothing', () => {
    const nothing = { banner: [], footer: [], subject: false, field: false };
    const faults = faultsOf(BEFORE, after, PLAIN, nothing).join('\n');
    for (const place of [/"": the new field/, /"": the Subject/, /"1.1": the body/, /"1.2": the body/])
      expect(faults).toMatch(place);
  });
});

const pick = (...names: readonly string[]): readonly Sabotage[] =>
  ALL.filter(({ what }) => names.includes(what));

describe('the other readers notice', () => {
  const noticed = pick(
    'a part is dropped',
    'a part stands twice',
    'an attachment loses an octet',
    'a header field is dropped',
    'two fields change places',
  );

  it.each(noticed)('$what (postal-mime, mailparser)', async (sabotage) => {
    const faults = (await jsPeerFaults(BEFORE, [spoil(sabotage)])).join();
    expect(faults).toMatch(/postal-mime: /);
    expect(faults).toMatch(/mailparser: /);
  });

  it.skipIf(!HAS_PYTHON)("what is seen by Python's email, in one process", async () => {
    const more = [
      ...noticed,
      ...pick(
        'the preamble is dropped',
        'the epilogue is dropped',
        'the banner stands twice in the text',
        'the HTML is written anew',
      ),
    ];
    const [answer] = await askPython([{ name: 'spoiled', messages: [BEFORE, after, ...more.map(spoil)] }]);
    const [was = [], good = [], ...spoiled] = answer?.views ?? [];
    expect(pythonFaults(was, good, PLAIN)).toEqual([]);
    const missed = more.filter(
      (_sabotage, index) => pythonFaults(was, spoiled[index] ?? was, PLAIN).length === 0,
    );
    expect(missed.map(({ what }) => what)).toEqual([]);
  });
});
