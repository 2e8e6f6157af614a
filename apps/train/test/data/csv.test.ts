import { describe, expect, test } from 'vitest';
import { type Label, LabelCollector } from '../../src/data/labels.ts';
import { Folder } from '../folder.ts';
import { open, rowsOf } from './reading.ts';

const folder = new Folder();

describe('CSV', () => {
  test('reads rows with the label first, blank lines and Windows line ends left out', async () => {
    const table = await open(folder.write('plain.csv', '1,0.5,-2\r\n\r\n2, 1e1 ,3\n'));
    expect(table).toMatchObject({ rows: 2, features: 2, columns: { names: undefined } });
    expect(await rowsOf(table)).toStrictEqual([
      [1, { 0: 0.5, 1: -2 }],
      [2, { 0: 10, 1: 3 }],
    ]);
  });

  test('recognizes a header because it has no numbers, and keeps the names', async () => {
    const table = await open(folder.write('header.csv', '"class","a ""b""",width\n1,2,3\n'));
    expect([...(table.columns?.names ?? [])]).toStrictEqual(['class', 'a "b"', 'width']);
    expect(await rowsOf(table)).toStrictEqual([[1, { 0: 2, 1: 3 }]]);
  });

  test.each([
    [';', '1;2.5;3\n', { 0: 2.5, 1: 3 }],
    ['\t', '1\t2.5\t3\n', { 0: 2.5, 1: 3 }],
    [',', '"1","2.5", "3" \n', { 0: 2.5, 1: 3 }],
  ])('finds the delimiter %j by itself', async (_, text, features) => {
    const file = folder.write('delimiter.csv', text);
    expect(await rowsOf(await open(file))).toStrictEqual([[1, features]]);
  });

  test('reads line breaks, delimiters and doubled quotes in quoted cells, wherever the bytes are cut', async () => {
    const names = ['y', 'one,\r\n"line"\n"', ' two;\n\nlines\t', '5" pipe'];
    const header = 'y,"one,\r\n""line""\n""", " two;\n\nlines\t" ,5" pipe\r\n';
    const file = folder.write('quoted.csv', `\uFEFF${header}"1","2",3,4\r\n\r\n5,6,"7","8"`);
    for (const chunkBytes of [1, 2, 3, 5, 1000]) {
      const table = await open(file, {}, { chunkBytes });
      expect([...(table.columns?.names ?? [])]).toStrictEqual(names);
      expect(await rowsOf(table)).toStrictEqual([
        [1, { 0: 2, 1: 3, 2: 4 }],
        [5, { 0: 6, 1: 7, 2: 8 }],
      ]);
    }
    const first = folder.write('quoted-first.csv', '\uFEFF"a\nb",c\n1,2\n');
    expect([...((await open(first)).columns?.names ?? [])]).toStrictEqual(['a\nb', 'c']);
  });

  test('does not accept a decimal comma', async () => {
    const file = folder.write('comma.csv', '1;2,5;3\n');
    await expect(open(file)).rejects.toThrow(`${file}:1:3: cell 2: found "2,5", expected a finite number`);
  });

  test.each([
    ['its name', 'y', 'a,y,b\n1,2,3\n', 2, { 0: 1, 1: 3 }],
    ['its place', '2', 'a,y,b\n1,2,3\n', 2, { 0: 1, 1: 3 }],
    ['its place from the end', '-1', '1,2,3\n', 3, { 0: 1, 1: 2 }],
    ['its name in a header with numbers', 'label', 'label,0,1\n1,2,3\n', 1, { 0: 2, 1: 3 }],
  ])('finds the label by %s', async (_, label, text, expected, features) => {
    const table = await open(folder.write('label.csv', text), { label });
    expect(await rowsOf(table)).toStrictEqual([[expected, features]]);
  });

  test.each([
    ['a ragged row', '1,2,3\n1,2\n', '2:1: found 2 cells, expected 3 as in line 1'],
    ['a row that is too long', 'a,b\n1,2\n3,4,5\n', '3:1: found 3 cells, expected 2 as in line 1'],
    ['a bad number', 'y,size\n1,2\n1,big\n', '3:3: cell 2 (size): found "big", expected a finite number'],
    ['a bad number without a header', '1,2\n10,2x\n', '2:4: cell 2: found "2x", expected a finite number'],
    ['an empty cell', '1,2,3\n1,,3\n', '2:3: cell 2: found nothing, expected a finite number'],
    ['an empty last cell', '1,2,3\n1,2,\n', '2:5: cell 3: found nothing, expected a finite number'],
    ['a missing value', '1,2\n1,NA\n', '2:3: cell 2: found "NA", expected a finite number'],
    [
      'a value that float32 cannot hold',
      '1,2\n1,1e39\n',
      '2:3: cell 2: found "1e39", expected a finite number',
    ],
    ['the label missing', 'y,a\n,2\n', '2:1: cell 1 (y): found nothing, expected the label'],
    ['a bad label', '1,2\ncat,2\n', '2:1: found label "cat", expected a number'],
    [
      'a first line half header, half row',
      '1,2,width\n',
      '1:5: cell 3: found "width", expected a finite number (a header',
    ],
    ['a bad number in a ragged row', '1,2,3\n1,x\n', '2:1: found 2 cells, expected 3 as in line 1'],
    ['a bad number in a row that is too long', '1,2\nx,2,3\n', '2:1: found 3 cells, expected 2 as in line 1'],
    ['a quote left open', '1,2\n1,"2\n', '2:3: found "\\"2\\n", expected a closing quote'],
    ['text after lines in quotes', 'y,a\n1,"2\n\n3"x\n', '4:3: found "x" after a closing quote'],
    ['a row after lines in quotes', '"y\n\n",a\n1,2\n1,x\n', '5:3: cell 2 (a): found "x"'],
    [
      'text after a quoted cell',
      '1,"2"3\n',
      '1:6: found "3" after a closing quote, expected the end of the cell',
    ],
    ['one column', '1\n2\n', '1:1: found 1 cell, expected a label and at least one feature'],
    ['columns counted in characters', 'y,größe\n1,ä\n', '2:3: cell 2 (größe): found "ä"'],
    ['a cell after multi-byte ones', 'y,a,b\n1,"é",2\n', '2:4: cell 2 (a): found "é"'],
  ])('names file, line and column of %s', async (_, text, message) => {
    const file = folder.write('bad.csv', text);
    await expect(open(file, { format: 'csv' })).rejects.toThrow(`${file}:${message}`);
  });

  test('takes text for the names of classes, and gives each a number that no number has', async () => {
    const collector = new LabelCollector('classes', 'softmax');
    const text = 'kind,a\n"say ""no""",1\n 7 ,2\ncat,3\n7.0,4\n"say ""no""",5\n1e999,6\n';
    const file = folder.write('text.csv', text);
    const rows = await rowsOf(await open(file, { acceptLabel: collector.accept }));
    const classes = collector.classes();
    expect([...classes.keys()]).toStrictEqual([7, '1e999', 'cat', 'say "no"']);
    const names = new Map([...classes].map(([name, standsFor]) => [standsFor, name]));
    expect(names.size).toBe(4);
    expect(rows.map(([label]) => names.get(label))).toStrictEqual([
      'say "no"',
      7,
      'cat',
      7,
      'say "no"',
      '1e999',
    ]);
  });

  test.each(['', 'NA', 'nan', '?', '""'])('refuses a row whose label is missing: %j', async (label) => {
    const file = folder.write('unlabelled.csv', `kind,a\ncat,1\n${label},2\n`);
    const collector = new LabelCollector('classes', 'softmax');
    await expect(open(file, { acceptLabel: collector.accept })).rejects.toThrow(
      /:3:\d: cell 1 \(kind\): found .*, expected the label$/,
    );
  });

  test('takes a header with numbers in it for no row', async () => {
    const collector = new LabelCollector('classes', 'softmax');
    const file = folder.write('years.csv', 'kind,2019,2020\ncat,1,2\ndog,1,3\n');
    await expect(open(file, { acceptLabel: collector.accept })).rejects.toThrow(
      `${file}:1:1: found label "kind" in no row but the first, which looks like a header`,
    );
    const bare = folder.write('bare.csv', 'cat,1,2\ndog,1,3\ncat,1,2\n');
    expect(await open(bare, { acceptLabel: new LabelCollector('classes', 'softmax').accept })).toMatchObject({
      rows: 3,
    });
  });

  test('refuses a label that the rule refuses, and names --label where it was left out', async () => {
    const file = folder.write('rule.csv', '1,2,3\n1,5,3\n');
    const acceptLabel = (label: Label): number | string => (label === 5 ? 'less' : Number(label));
    const complaint = `${file}:2:3: found label 5, expected less`;
    await expect(open(file, { acceptLabel, label: '2' })).rejects.toThrow(new RegExp(`${complaint}$`));
    const first = folder.write('rule.csv', '5,2\n');
    await expect(open(first, { acceptLabel })).rejects.toThrow('expected less; --label names another column');
  });

  test.each([
    ['a name', 'z', 'found "y", "a"'],
    ['a place', '3', 'found 2 of them'],
    ['a place from the end', '-3', 'found 2 of them'],
    ['place 0', '0', 'found 2 of them'],
  ])('refuses %s for the label that no column has', async (_, label, found) => {
    const file = folder.write('nolabel.csv', 'y,a\n1,2\n');
    await expect(open(file, { label })).rejects.toThrow(
      `${file}: no column ${label} for the label (--label): ${found}`,
    );
  });

  test('refuses a label name that two columns have, and takes either by its place', async () => {
    const file = folder.write('twice.csv', 'a,y,b,y\n1,2,3,4\n');
    await expect(open(file, { label: 'y' })).rejects.toThrow(
      `${file}: found 2 columns named "y", expected one: give its place (--label 2 or --label 4)`,
    );
    expect(await rowsOf(await open(file, { label: '4' }))).toStrictEqual([[4, { 0: 1, 1: 2, 2: 3 }]]);
    // For features it does not matter.
    expect(await rowsOf(await open(file, { label: 'a' }))).toStrictEqual([[1, { 0: 2, 1: 3, 2: 4 }]]);
  });

  test.each([
    ['mean', NaN],
    ['zero', 0],
  ] as const)('has a value for each missing one with the policy %s', async (missing, value) => {
    const file = folder.write('missing.csv', 'y,a,b\n1,,NA\n2,nan,""\n3,?,4\n');
    expect(await rowsOf(await open(file, { missing }))).toStrictEqual([
      [1, { 0: value, 1: value }],
      [2, { 0: value, 1: value }],
      [3, { 0: value, 1: 4 }],
    ]);
    const bad = folder.write('bad.csv', 'y,a\n1,2\n2,none\n');
    await expect(open(bad, { missing })).rejects.toThrow(
      `${bad}:3:3: cell 2 (a): found "none", expected a finite number`,
    );
    const cut = folder.write('cut.csv', 'y,a,b\n1,2,\n1,\n');
    await expect(open(cut, { missing })).rejects.toThrow(
      `${cut}:3:1: found 2 cells, expected 3 as in line 1`,
    );
  });

  test.each([
    ['', 'nothing'],
    ['NA', '"NA"'],
  ])('names the policies where it refuses a missing value: %j', async (cell, found) => {
    const file = folder.write('refused.csv', `y,a\n1,2\n1,${cell}\n`);
    await expect(open(file)).rejects.toThrow(
      `${file}:3:3: cell 2 (a): found ${found}, expected a finite number; --missing mean or --missing zero puts one in`,
    );
  });

  test('leaves out the columns to ignore, whatever is in them', async () => {
    const file = folder.write('ignore.csv', 'id,y,"a,b",c,d\nx1,1,?,3,\n,2,"t\next",4,5x\n');
    const expected = [
      [1, { 0: 3 }],
      [2, { 0: 4 }],
    ];
    for (const ignore of [
      ['id', 'a,b', 'd'],
      ['1', '-1', '3', '3'],
    ]) {
      const table = await open(file, { label: 'y', ignore });
      expect(table.features).toBe(1);
      expect(await rowsOf(table)).toStrictEqual(expected);
    }
    const ragged = folder.write('ragged.csv', 'y,a,id\n1,2,x\n1,2\n');
    await expect(open(ragged, { ignore: ['id'] })).rejects.toThrow('3:1: found 2 cells, expected 3');
    // Where a column is ignored by its name, the first line is a header, even with numbers in it.
    const years = folder.write('years.csv', 'id,y,2019\n1,1,3\n');
    const table = await open(years, { label: '2', ignore: ['id'] });
    expect(await rowsOf(table)).toStrictEqual([[1, { 0: 3 }]]);
  });

  test.each([
    ['that no column has', ['z'], 'no column z (--ignore): found "y", "a"'],
    ['of no place', ['3'], 'no column 3 (--ignore): found 2 of them'],
    [
      'of the label',
      ['y'],
      'found column y in --ignore, but it has the label: leave it out there, or name another',
    ],
    [
      'of every feature',
      ['a'],
      'found 2 cells, none of them a feature: --ignore leaves out all but the label',
    ],
  ])('refuses to ignore a name %s', async (_, ignore, message) => {
    const file = folder.write('noignore.csv', 'y,a\n1,2\n');
    await expect(open(file, { ignore })).rejects.toThrow(message);
  });

  test('refuses a row that does not fit in the memory allowed, by its number of cells', async () => {
    const file = folder.write('wide.csv', `1${',0'.repeat(300)}\n`);
    await expect(open(file, { memory: 1000 })).rejects.toThrow(
      `${file}:1:1: found 301 cells: a row of them does not fit in --memory`,
    );
  });

  test('refuses test data of another width or with other columns than the training data', async () => {
    const file = folder.write('test.csv', 'y,b,a\n1,2,3\n');
    await expect(open(file, { features: 3 })).rejects.toThrow(
      `${file}:1:1: found 2 features in 3 cells, expected 3 (--features)`,
    );
    const wide = (await open(folder.write('training.csv', 'y,a,b,c\n1,2,3,4\n'))).columns;
    await expect(open(file, { columns: wide })).rejects.toThrow(
      `${file}:1:1: found 3 cells, expected 4 as in the training data`,
    );
    const { columns } = await open(folder.write('training.csv', 'y,a,b\n1,2,3\n'));
    await expect(open(file, { columns })).rejects.toThrow(
      `${file}:1:3: found column "b", expected "a" as in the training data`,
    );
  });
});
