/** What `--help` says after the list of options; 80 columns at most, as the list has. */
export const examples = `
Examples:
  asgd-train                                     learn the digits
  asgd-train --plot digits.svg --json digits.json
  asgd-train --data iris.csv --label species --epochs 50
  asgd-train --data a9a.gz --test a9a.t.gz --loss log
  asgd-train --data houses.csv --label -1 --loss squared --lr 0.01
  asgd-train --epochs 100 --save run.ckpt        stop with Ctrl-C, then:
  asgd-train --resume run.ckpt --save run.ckpt

Losses:
  softmax   two classes or more; labels are whole numbers
  log       logistic regression: two classes
  hinge     linear support vector machine: two classes
  squared   linear regression: any labels; errors are root mean squared errors
            (RMSE)

Averaging:
  The average is the mean of the iterates from a step on: with --t0 N from step
  N + 2, by default from the middle of the first epoch. With --t0 auto one
  training row in ten is held out and its loss is looked at four times an
  epoch; averaging begins when that loss is above the best of all but the
  latest five (the non-monotone trigger of Merity et al. 2017). A dash in the
  table means that the average is still the same as the last iterate.

Order of rows:
  Every epoch takes the training rows in another order, which follows from
  --seed. A file whose rows need more than --memory is read anew in every epoch
  and shuffled piece by piece, as much of it as is in memory at a time: put a
  large file that is sorted by label in random order first. The order follows
  from --memory, too. --memory does not count the model, nor what a backend
  needs for it.

Files:
  LIBSVM     LABEL INDEX:VALUE INDEX:VALUE ...
             indices from 1, increasing; # begins a comment
  CSV        numbers, a row a line, between commas, semicolons or tabs; the
             first line may be a header, which has no numbers in it
  --predict  row,label,prediction[,probability]
             row: the row's number in the test data, from 1

Times in the table are medians: of a whole step, and of the optimizer's update
in it.

Exit status: 0 done; 1 something to put right, which the message names; 130
stopped by Ctrl-C, 143 by SIGTERM, 129 by SIGHUP. The first signal finishes the
step and writes --save, a second one stops at once.
`;
