/** What `--help` prints after the list of options, in at most 80 columns, as the list. */
export const examples = `
Examples:
  asgd-train                                     learn the digits
  asgd-train --plot digits.svg --json digits.json
  asgd-train --data iris.csv --label species --epochs 50
  asgd-train --data a9a.gz --test a9a.t.gz --loss log
  asgd-train --data mails.csv --label folder --text subject,body
  asgd-train --data houses.csv --label -1 --loss squared
  asgd-train --epochs 100 --save run.ckpt        stop with Ctrl-C, then:
  asgd-train --resume run.ckpt --save run.ckpt
  asgd-train --partial --help                    train on many machines

Losses:
  softmax         multinomial logistic regression
  log             logistic regression
  hinge           linear support vector machine
  squared-hinge   the same, with a smooth corner
  modified-huber  the same, where outliers count less
  squared         linear regression
  huber           linear regression where outliers count less
  The first five tell classes apart, which are whole numbers or, in CSV, text;
  all but softmax learn more than two classes one against the rest. The last two
  predict any numbers, and errors are root mean squared errors (RMSE).

Averaging:
  The average is the mean of the iterates from some step on: with --t0 N from
  step N + 2, by default from the middle of the first epoch. With --t0 auto,
  one training row in ten is held out, and its loss is checked four times per
  epoch. Averaging begins when that loss is above the best of all but the
  latest five (the non-monotone trigger of Merity et al. 2017). A dash in the
  table means that the average is still the same as the last iterate.

Order of rows:
  Every epoch takes the training rows in another order, which depends on
  --seed. Rows that need more than --memory are kept in a temporary file
  (TMPDIR) and shuffled piece by piece, as much as fits in memory at a time. If
  a large file is sorted by label, shuffle it first. The order also depends on
  --memory.

Files:
  LIBSVM     LABEL INDEX:VALUE INDEX:VALUE ...
             indices from 1, increasing; # begins a comment
  CSV        one row per line, cells separated by commas, semicolons or tabs, in
             quotes or not; the first line may be a header, which has no
             numbers. Cells are numbers, except those of text labels and of
             --categorical, --hashed, --text and --ignore. A cell is missing if
             it is empty, NA, NaN or ?; of text, none is.
  --predict  row,label,prediction[,probability]
             row: the row's number in the test data, from 1

Exit status: 0 done; 1 failed, and the message says what to change; 130 stopped
by Ctrl-C, 143 by SIGTERM, 129 by SIGHUP. After the first signal, the program
finishes some thousand rows and writes --save; a second one stops it at once.
`;
