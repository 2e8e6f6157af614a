/* Averaged SGD in plain C as a peer of the benchmark: the fused loops that the backends of asgd have.
 *
 * Reads one request a line from standard input and answers with one line:
 *   open TENSORS LENGTH WIDTH THREADS LR LAMBD ALPHA T0 BLOCK p0 p1 ... g0 g1 ...
 *   run STEPS          answers with milliseconds
 *   parameter TENSOR   answers with the first block of it
 *   average TENSOR
 *   close              frees what `open` made
 */

#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum averaging { NONE, COPY, BLEND };

/* A whole tensor, or a thread's share of it. Several small tensors are shared out whole. */
#define LOOPS(real, name)                                                                           \
  static void name(real *restrict p, const real *restrict g, real *restrict a, size_t from, size_t to, \
                   enum averaging averaging, real decay, real eta, real mu) {                      \
    if (averaging == BLEND) {                                                                       \
      for (size_t i = from; i < to; i++) {                                                          \
        real next = p[i] * decay - eta * g[i];                                                      \
        p[i] = next;                                                                                \
        a[i] = a[i] + (next - a[i]) * mu;                                                           \
      }                                                                                             \
    } else if (averaging == COPY) {                                                                 \
      for (size_t i = from; i < to; i++) a[i] = p[i] = p[i] * decay - eta * g[i];                   \
    } else {                                                                                        \
      for (size_t i = from; i < to; i++) p[i] = p[i] * decay - eta * g[i];                          \
    }                                                                                               \
  }

LOOPS(float, update32)
LOOPS(double, update64)

static struct {
  size_t tensors, length, width, block;
  int threads;
  double lr, lambd, alpha, t0, step;
  float eta, mu;
  char **p, **g, **a;
} run;

static char *allocate(void) {
  size_t bytes = (run.length * run.width + 63) / 64 * 64;
  char *memory = aligned_alloc(64, bytes);
  if (!memory) exit(3);
  memset(memory, 0, bytes); /* the memory is there, and not only promised */
  return memory;
}

static void set(char *tensor, size_t i, double value) {
  if (run.width == 4) ((float *)tensor)[i] = (float)value;
  else ((double *)tensor)[i] = value;
}

static double get(const char *tensor, size_t i) {
  return run.width == 4 ? ((const float *)tensor)[i] : ((const double *)tensor)[i];
}

static char *make(const double *block) {
  char *tensor = allocate();
  for (size_t i = 0; i < run.length; i++) set(tensor, i, block[i % run.block]);
  return tensor;
}

static void release(void) {
  for (size_t t = 0; t < run.tensors; t++) free(run.p[t]), free(run.g[t]), free(run.a[t]);
  free(run.p), free(run.g), free(run.a);
  run.tensors = 0;
}

static void open_(char *text) {
  int used;
  if (run.tensors) release();
  sscanf(text, "%zu %zu %zu %d %lf %lf %lf %lf %zu%n", &run.tensors, &run.length, &run.width, &run.threads,
         &run.lr, &run.lambd, &run.alpha, &run.t0, &run.block, &used);
  double *block = malloc(2 * run.block * sizeof *block);
  text += used;
  for (size_t i = 0; i < 2 * run.block; i++) block[i] = strtod(text, &text);
  run.p = malloc(run.tensors * sizeof *run.p);
  run.g = malloc(run.tensors * sizeof *run.g);
  run.a = calloc(run.tensors, sizeof *run.a);
  for (size_t t = 0; t < run.tensors; t++) run.p[t] = make(block);
  for (size_t t = 0; t < run.tensors; t++) run.g[t] = make(block + run.block);
  free(block);
  run.step = 0;
  run.eta = (float)run.lr;
  run.mu = 1;
}

static void update(size_t t, size_t from, size_t to, enum averaging averaging, double decay) {
  char *p = run.p[t], *g = run.g[t], *a = run.a[t];
  if (run.width == 4) update32((float *)p, (float *)g, (float *)a, from, to, averaging, (float)decay, run.eta, run.mu);
  else update64((double *)p, (double *)g, (double *)a, from, to, averaging, decay, run.eta, run.mu);
}

static float muAfter(double step) { return (float)(1 / fmax(1, step - run.t0)); }

static void step(void) {
  double decay = 1 - run.lambd * (double)run.eta;
  enum averaging averaging = run.mu != 1 ? BLEND : muAfter(run.step + 1) != 1 ? COPY : NONE;
  if (averaging != NONE)
    for (size_t t = 0; t < run.tensors; t++)
      if (!run.a[t]) run.a[t] = allocate();
  size_t share = (run.length / run.threads + 63) / 64 * 64;
  if (run.threads == 1) {
    for (size_t t = 0; t < run.tensors; t++) update(t, 0, run.length, averaging, decay);
  } else if (run.tensors > 1) {
#pragma omp parallel for num_threads(run.threads)
    for (size_t t = 0; t < run.tensors; t++) update(t, 0, run.length, averaging, decay);
  } else {
#pragma omp parallel for num_threads(run.threads)
    for (size_t from = 0; from < run.length; from += share)
      update(0, from, from + share < run.length ? from + share : run.length, averaging, decay);
  }
  run.step += 1;
  run.eta = (float)(run.lr / pow(1 + run.lambd * run.lr * run.step, run.alpha));
  run.mu = muAfter(run.step);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

static void print(const char *tensor) {
  size_t count = run.block < run.length ? run.block : run.length;
  for (size_t i = 0; i < count; i++) printf(i ? " %.17g" : "%.17g", get(tensor, i));
  printf("\n");
}

int main(void) {
  char *line = NULL;
  size_t size = 0;
  while (getline(&line, &size, stdin) > 0) {
    char *rest = strchr(line, ' ');
    if (!strncmp(line, "open ", 5)) {
      open_(rest);
      puts("opened");
    } else if (!strncmp(line, "run ", 4)) {
      long steps = atol(rest);
      double begin = now();
      for (long i = 0; i < steps; i++) step();
      printf("%.6f\n", now() - begin);
    } else if (!strncmp(line, "parameter ", 10)) {
      print(run.p[atol(rest)]);
    } else if (!strncmp(line, "average ", 8)) {
      long t = atol(rest);
      print(run.a[t] ? run.a[t] : run.p[t]);
    } else {
      release();
      puts("closed");
    }
    fflush(stdout);
  }
}
