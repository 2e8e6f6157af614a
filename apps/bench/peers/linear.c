/* A linear classifier in plain C as a peer of the benchmark: the update on scaled vectors that @asgd/linear has (its
 * src/kernels/factors.ts derives it), on the same rows in the same order.
 *
 *   linear serve|train FILE FEATURES LOSS LAMBD EPOCHS LR ORDER OUT
 *
 * `train` reads FILE (LIBSVM's format), trains, and writes the averaged weights and the intercept to OUT, in float64.
 * `serve` reads one request a line from standard input and answers with one line:
 *   open      reads FILE
 *   epochs    trains from the start, and answers with the milliseconds of processor time that an epoch after the first took
 *   weights   writes OUT
 */

#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static size_t count, features, epochs;
static int is_hinge;
static double lambd, lr, intercept, average_intercept;
static uint32_t *starts, *indices, *order;
static double *values, *labels;
static double *pairs; /* a weight and its part of the average, for each feature */

static void *allocate(size_t bytes) {
  void *memory = calloc(bytes ? bytes : 1, 1);
  if (!memory) exit(3);
  return memory;
}

static char *read_all(const char *path, size_t *size) {
  FILE *file = fopen(path, "rb");
  if (!file) perror(path), exit(3);
  fseek(file, 0, SEEK_END);
  *size = (size_t)ftell(file);
  rewind(file);
  char *bytes = allocate(*size + 1);
  if (fread(bytes, 1, *size, file) != *size) exit(3);
  fclose(file);
  return bytes;
}

/* Lays the rows out as ORDER says: row `layout[i]` of the file is row i here. */
static void read_rows(const char *path, const char *order_path) {
  size_t size, cells = 0;
  char *text = read_all(path, &size);
  for (char *c = text; *c; c++) cells += *c == ':', count += *c == '\n';
  uint32_t *file_starts = allocate((count + 1) * sizeof *file_starts), *file_indices = allocate(cells * sizeof *indices);
  double *file_values = allocate(cells * sizeof *values), *file_labels = allocate(count * sizeof *labels);
  char *at = text;
  for (size_t row = 0, cell = 0; row < count; row++) {
    file_labels[row] = strtod(at, &at);
    while (*at == ' ') {
      file_indices[cell] = (uint32_t)(strtoul(at, &at, 10) - 1);
      file_values[cell++] = strtod(at + 1, &at);
    }
    at++;
    file_starts[row + 1] = (uint32_t)cell;
  }
  free(text);
  uint32_t *layout = (uint32_t *)read_all(order_path, &size);
  order = layout + count;
  starts = allocate((count + 1) * sizeof *starts), indices = allocate(cells * sizeof *indices);
  values = allocate(cells * sizeof *values), labels = allocate(count * sizeof *labels);
  for (size_t row = 0; row < count; row++) {
    uint32_t from = file_starts[layout[row]], length = file_starts[layout[row] + 1] - from;
    memcpy(indices + starts[row], file_indices + from, length * sizeof *indices);
    memcpy(values + starts[row], file_values + from, length * sizeof *values);
    labels[row] = file_labels[layout[row]];
    starts[row + 1] = starts[row] + length;
  }
  free(file_starts), free(file_indices), free(file_values), free(file_labels);
  pairs = allocate(2 * features * sizeof *pairs);
}

static double slope(double score, double label) {
  double margin = label * score;
  if (is_hinge) return margin < 1 ? -label : 0;
  return -label / (1 + exp(margin));
}

/* Processor time: other programs do not count. */
static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

/* w = scale * W, a = average_scale * (A + share * W) */
static double scale, average_scale, share;

static void fold(void) {
  for (size_t f = 0; f < features; f++) {
    double w = pairs[2 * f];
    pairs[2 * f + 1] = average_scale * (pairs[2 * f + 1] + share * w);
    pairs[2 * f] = scale * w;
  }
  scale = 1, average_scale = 1, share = 0;
}

/* Milliseconds of an epoch after the first, or of the only one. */
static double train(void) {
  double begin = now(), after_first = begin;
  double t0 = epochs > 1 ? (double)count : floor(count / 2.0);
  memset(pairs, 0, 2 * features * sizeof *pairs);
  scale = average_scale = share = 1, intercept = average_intercept = 0;
  double t = 0;
  for (size_t epoch = 0; epoch < epochs; epoch++) {
    if (epoch == 1) after_first = now();
    for (size_t k = 0; k < count; k++, t++) {
      uint32_t row = order[epoch * count + k], from = starts[row], to = starts[row + 1], at = from;
      double sum0 = 0, sum1 = 0, sum2 = 0, sum3 = 0;
      for (; at + 3 < to; at += 4) {
        sum0 += pairs[2 * (size_t)indices[at]] * values[at];
        sum1 += pairs[2 * (size_t)indices[at + 1]] * values[at + 1];
        sum2 += pairs[2 * (size_t)indices[at + 2]] * values[at + 2];
        sum3 += pairs[2 * (size_t)indices[at + 3]] * values[at + 3];
      }
      for (; at < to; at++) sum0 += pairs[2 * (size_t)indices[at]] * values[at];
      double g = slope(((sum0 + sum1) + (sum2 + sum3)) * scale + intercept, labels[row]);
      double eta = (float)(lr / pow(1 + lambd * lr * t, 0.75));
      double mu = t == 0 ? 1 : (float)(1 / fmax(1, t - t0));
      scale *= 1 - eta * lambd;
      if (!(scale >= 0x1p-64)) {
        if (mu == 1) average_scale = share = 0; /* nothing averaged yet: A is 0 */
        fold();
      }
      intercept -= eta * 0.01 * g;
      average_intercept = mu == 1 ? intercept : average_intercept + (intercept - average_intercept) * mu;
      double step = eta / scale * g;
      if (mu == 1) {
        if (step != 0)
          for (at = from; at < to; at++) pairs[2 * (size_t)indices[at]] -= step * values[at];
        average_scale = scale, share = 1;
      } else {
        if (step != 0)
          for (at = from; at < to; at++) {
            double *pair = pairs + 2 * (size_t)indices[at], move = step * values[at];
            pair[0] -= move, pair[1] += share * move;
          }
        average_scale *= 1 - mu;
        share += mu * scale / average_scale;
      }
    }
  }
  double end = now();
  return epochs > 1 ? (end - after_first) / (double)(epochs - 1) : end - begin;
}

static void write_weights(const char *path) {
  FILE *file = fopen(path, "wb");
  if (!file) perror(path), exit(3);
  double *weights = allocate((features + 1) * sizeof *weights);
  for (size_t f = 0; f < features; f++) weights[f] = average_scale * (pairs[2 * f + 1] + share * pairs[2 * f]);
  weights[features] = average_intercept;
  if (fwrite(weights, sizeof *weights, features + 1, file) != features + 1) exit(3);
  fclose(file);
  free(weights);
}

int main(int argc, char **argv) {
  if (argc != 10) return fputs("linear serve|train FILE FEATURES LOSS LAMBD EPOCHS LR ORDER OUT\n", stderr), 2;
  features = strtoul(argv[3], NULL, 10), is_hinge = !strcmp(argv[4], "hinge");
  lambd = strtod(argv[5], NULL), epochs = strtoul(argv[6], NULL, 10), lr = strtod(argv[7], NULL);
  if (!strcmp(argv[1], "train")) {
    read_rows(argv[2], argv[8]);
    train();
    write_weights(argv[9]);
    return 0;
  }
  char *line = NULL;
  size_t size = 0;
  while (getline(&line, &size, stdin) > 0) {
    if (!strncmp(line, "open", 4)) read_rows(argv[2], argv[8]), puts("opened");
    else if (!strncmp(line, "epochs", 6)) printf("%.6f\n", train());
    else write_weights(argv[9]), puts("written");
    fflush(stdout);
  }
}
