/** CloudFormation's functions, conditions, parameters and rules, on small templates. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { resolveTemplate, TemplateError } from '../../local/template/resolve.ts';
import '../support/properties.ts';

const PLACE = { region: 'eu-west-1', account: '111122223333', stackName: 'post' };

/** Works out one value, as the property `Value` of a resource, beside whatever else the template has. */
function value(text: string, rest = '', parameters: Record<string, string> = {}) {
  const template = `Resources:
  Bucket: { Type: AWS::S3::Bucket, Properties: {} }
  Queue: { Type: AWS::SQS::Queue, Properties: {} }
  Named: { Type: AWS::Lambda::Function, Properties: { FunctionName: !Sub "\${AWS::StackName}-fn" } }
  One: { Type: AWS::SNS::Topic, Properties: { Value: ${text} } }
${rest}`;
  const { resources } = resolveTemplate(template, { parameters, ...PLACE });
  return resources.get('One')?.properties['Value'];
}

const CONDITIONS = `Parameters: { Mode: { Type: String, Default: a }, Many: { Type: CommaDelimitedList, Default: "x, y" } }
Mappings: { Sizes: { eu-west-1: { Small: 3 } } }
Conditions: { IsA: !Equals [!Ref Mode, a], IsB: !Not [!Condition IsA], Both: !And [!Condition IsA, !Condition IsB], Any: !Or [!Condition IsA, !Condition IsB] }`;

describe('functions', () => {
  test.each<[string, unknown]>([
    ['!Ref Bucket', 'post-bucket-111122223333'],
    ['!Ref Queue', 'https://sqs.eu-west-1.amazonaws.com/111122223333/post-Queue'],
    ['!Ref Named', 'post-fn'],
    ['!GetAtt Named.Arn', 'arn:aws:lambda:eu-west-1:111122223333:function:post-fn'],
    ['{ Fn::GetAtt: [Bucket, Arn] }', 'arn:aws:s3:::post-bucket-111122223333'],
    [
      `!Sub "\${Bucket.Arn}/a-\${AWS::Region}-\${!kept}"`,
      `arn:aws:s3:::post-bucket-111122223333/a-eu-west-1-\${kept}`,
    ],
    [`!Sub ["\${A}.\${Queue.QueueName}", { A: !Ref AWS::AccountId }]`, '111122223333.post-Queue'],
    ['!Join ["-", [a, !Ref AWS::Partition]]', 'a-aws'],
    ['!Split [",", "a,b"]', ['a', 'b']],
    ['!Select [1, !Split [",", "a,b"]]', 'b'],
    ['!Base64 hello', 'aGVsbG8='],
    ['!Ref Many', ['x', 'y']],
    ['!FindInMap [Sizes, !Ref AWS::Region, Small]', 3],
    ['!If [IsA, yes-a, no-a]', 'yes-a'],
    ['!If [IsB, b, !Ref AWS::NoValue]', undefined],
    ['[1, !If [IsB, 2, !Ref AWS::NoValue], 3]', [1, 3]],
    ['[!If [Both, 1, 2], !If [Any, 1, 2]]', [2, 1]],
  ])('%s', (text, expected) => {
    expect(value(text, CONDITIONS)).toEqual(expected);
  });

  test('only the branch that is taken is worked out', () => {
    expect(value('!If [IsA, 1, !Select [5, [a]]]', CONDITIONS)).toBe(1);
  });

  test.each([
    ['!Ref Nobody', 'Resources.One.Properties.Value: there is no resource or parameter Nobody'],
    ['!GetAtt Queue.Size', 'Size of Queue (AWS::SQS::Queue) is not known here'],
    ['!ImportValue x', 'Fn::ImportValue cannot be worked out without AWS'],
    ['{ Fn::Length: [a] }', 'Fn::Length is not known here'],
    ['!Select [2, [a]]', 'Fn::Select has no element 2'],
    ['!Join [a]', 'expected a list of 2, found 1'],
    ['!If [Nothing, 1, 2]', 'there is no condition Nothing'],
    ['!FindInMap [Sizes, nowhere, Small]', 'Mappings has no Sizes.nowhere.Small'],
    [`!Sub "\${Nobody}"`, 'there is no resource or parameter Nobody'],
    ['!Nonsense x', 'line 5: unknown tag !Nonsense'],
  ])('%s is refused', (text, message) => {
    expect(() => value(text, CONDITIONS)).toThrow(TemplateError);
    expect(() => value(text, CONDITIONS)).toThrow(message);
  });
});

describe('what depends on a condition', () => {
  const template = `Parameters: { Use: { Type: String, AllowedValues: ["yes", "no"] } }
Conditions: { Uses: !Equals [!Ref Use, "yes"] }
Resources:
  Maybe: { Type: AWS::SQS::Queue, Condition: Uses }
  Always: { Type: AWS::SNS::Topic, DependsOn: Maybe, Properties: { Value: !If [Uses, !Ref Maybe, none] } }
Outputs:
  Address: { Condition: Uses, Value: !Ref Maybe }`;

  test('is there with it', () => {
    const { resources, outputs } = resolveTemplate(template, { parameters: { Use: 'yes' }, ...PLACE });
    expect([...resources.keys()]).toEqual(['Maybe', 'Always']);
    expect(outputs.get('Address')).toMatch(/post-Maybe$/);
  });

  test('is not there without it', () => {
    const { resources, outputs } = resolveTemplate(template, { parameters: { Use: 'no' }, ...PLACE });
    expect([...resources.keys()]).toEqual(['Always']);
    expect(outputs.size).toBe(0);
  });

  test('cannot be pointed at without it', () => {
    const wrong = template.replace('!If [Uses, !Ref Maybe, none]', '!Ref Maybe');
    expect(() => resolveTemplate(wrong, { parameters: { Use: 'no' }, ...PLACE })).toThrow(
      'Resources.Always.Properties.Value: Maybe is not there, because Uses does not hold',
    );
  });

  test('names given from outside stand before those that follow from the stack', () => {
    const options = { parameters: { Use: 'yes' }, physicalNames: { Maybe: 'mine' }, ...PLACE };
    const { resources } = resolveTemplate(template, options);
    expect(resources.get('Maybe')).toMatchObject({
      physicalName: 'mine',
      arn: expect.stringMatching(/:mine$/),
    });
    expect(resources.get('Always')?.properties['Value']).toMatch(/\/mine$/);
  });
});

describe('parameters', () => {
  const declared = `Parameters:
  Days: { Type: Number, MinValue: 1, MaxValue: 9, Default: 3 }
  Name: { Type: String, AllowedPattern: "[a-z]+", MaxLength: 4 }
Resources: {}`;

  test.each<[Record<string, string>, string]>([
    [{}, 'Parameters.Name: has no default and was not given'],
    [{ Name: 'a1' }, 'Parameters.Name: "a1" does not match [a-z]+'],
    [{ Name: 'abcde' }, 'Parameters.Name: "abcde" is longer than 4'],
    [{ Name: 'ab', Days: '0' }, 'Parameters.Days: "0" is less than 1'],
    [{ Name: 'ab', Days: '10' }, 'Parameters.Days: "10" is more than 9'],
    [{ Name: 'ab', Days: 'x' }, 'Parameters.Days: "x" is not a number'],
    [{ Name: 'ab', Other: 'x' }, 'Parameters.Other: there is no such parameter'],
  ])('%j is refused', (parameters, message) => {
    expect(() => resolveTemplate(declared, { parameters, ...PLACE })).toThrow(message);
  });
});

describe('what CloudFormation does not take', () => {
  test.each([
    ['Resources: { A: &a { Type: X }, B: *a }', 'line 1: CloudFormation takes no YAML aliases'],
    ['Base: &b { X: 1 }\nResources: { A: { <<: *b } }', 'merge keys'],
    // YAML 1.1: a date, which CloudFormation takes for no text.
    ['Resources: { A: { Version: 2012-10-17 } }', 'line 1: expected text'],
    ['Resources: { A: { Type: X }, A: { Type: Y } }', 'Map keys must be unique'],
    ['- a list', 'a template is a map of sections'],
    [
      'Resources: { A: { Type: AWS::SNS::Topic, DependsOn: B } }',
      'Resources.A.DependsOn: there is no resource B',
    ],
    [
      'Resources: { A: { Type: AWS::SNS::Topic, Properties: { TopicName: !GetAtt A.Arn } } }',
      'Resources.A.Properties.TopicName: A needs itself',
    ],
    [`Resources: ${'['.repeat(200)}${']'.repeat(200)}`, 'more than 100 levels'],
  ])('%.60s', (text, message) => {
    expect(() => resolveTemplate(text, { parameters: {}, ...PLACE })).toThrow(message);
  });

  test('no text makes it fail otherwise, or hang', () => {
    const words = [
      'Resources',
      ':',
      ' ',
      '{',
      '}',
      '[',
      ']',
      '!Ref',
      '!Sub',
      '!If',
      'A',
      `"\${A}"`,
      '\n',
      '  ',
      ',',
      '&a',
      '*a',
    ];
    const text = fc.array(fc.constantFrom(...words), { maxLength: 40 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, (source) => {
        try {
          resolveTemplate(source, { parameters: {}, ...PLACE });
        } catch (error) {
          expect(error).toBeInstanceOf(TemplateError);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('rules about parameters together', () => {
  const template = `Parameters: { A: { Type: String, Default: x }, B: { Type: String, Default: x } }
Rules:
  Together:
    RuleCondition: !Equals [!Ref A, "y"]
    Assertions: [{ Assert: { Fn::Contains: [["y", z], !Ref B] }, AssertDescription: B follows A. }]
Resources: {}`;

  test.each([
    ['x', 'x', true],
    ['y', 'z', true],
    ['y', 'x', false],
  ])('A=%s B=%s', (A, B, fine) => {
    const work = () => resolveTemplate(template, { parameters: { A, B }, ...PLACE });
    if (fine) expect(work).not.toThrow();
    else expect(work).toThrow('Rules.Together: B follows A.');
  });
});
